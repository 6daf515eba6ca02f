# The letters we send. Needs review by native speakers.

mail-subject-received = [{ $reference }] Мы получили ваше сообщение
mail-received-open = Спасибо, что написали нам. Мы получили ваше сообщение, и наш представитель его прочтёт.
mail-received-closed = Спасибо, что написали нам. Мы получили ваше сообщение. Сейчас мы закрыты. Мы откроемся снова: { $opening }. Ваше сообщение сохраняет своё место в очереди.
mail-received-closed-now = Спасибо, что написали нам. Мы получили ваше сообщение. Сейчас мы закрыты. Ваше сообщение сохраняет своё место в очереди.
mail-reference = Номер вашего обращения: { $reference }. Чтобы что-то добавить, ответьте на это письмо.
mail-hours = Часы работы: { $hours }
mail-emergency = Если кто-то в опасности или прямо сейчас совершается преступление, не ждите нашего ответа: звоните { $emergency }.
mail-call = Вы также можете нам позвонить: { $phone }. Для TTY и службы ретрансляции: наберите { $relay }.
mail-in-english = То же на английском:
mail-subject-danger = [{ $reference }] Прочтите сейчас: куда звонить в случае опасности
mail-subject-transcript = [{ $reference }] Ваш разговор с нами
mail-transcript-head = Это запись вашего разговора с нами. Сохраните её для себя.
mail-transcript-you = Вы, { $time }:
mail-transcript-rep = { $name }, { $time }:
mail-subject-closed = [{ $reference }] Ваше обращение закрыто
mail-closed = Мы закрыли ваше обращение { $reference }.
mail-closed-again = Что-то ещё не решено? Ответьте на это письмо.
mail-subject-undelivered = [{ $reference }] Мы не смогли доставить наш ответ
mail-undelivered = Мы ответили на ваше обращение { $reference }, но наш ответ не удалось доставить на указанный вами адрес электронной почты. Пожалуйста, позвоните нам или напишите с другого адреса.
