# The letters we send. Needs review by native speakers.

mail-subject-received = [{ $reference }] Ми отримали ваше повідомлення
mail-received-open = Дякуємо, що написали нам. Ми отримали ваше повідомлення, і наш представник його прочитає.
mail-received-closed = Дякуємо, що написали нам. Ми отримали ваше повідомлення. Зараз ми зачинені. Ми відкриємося знову: { $opening }. Ваше повідомлення зберігає своє місце в черзі.
mail-received-closed-now = Дякуємо, що написали нам. Ми отримали ваше повідомлення. Зараз ми зачинені. Ваше повідомлення зберігає своє місце в черзі.
mail-reference = Номер вашого звернення: { $reference }. Щоб щось додати, дайте відповідь на цей лист.
mail-hours = Години роботи: { $hours }
mail-emergency = Якщо хтось у небезпеці або просто зараз скоюється злочин, не чекайте на нашу відповідь: телефонуйте { $emergency }.
mail-call = Ви також можете нам зателефонувати: { $phone }. Для TTY та служби ретрансляції: наберіть { $relay }.
mail-in-english = Те саме англійською:
mail-subject-danger = [{ $reference }] Прочитайте зараз: куди телефонувати в разі небезпеки
mail-subject-transcript = [{ $reference }] Ваша розмова з нами
mail-transcript-head = Це запис вашої розмови з нами. Збережіть його для себе.
mail-transcript-you = Ви, { $time }:
mail-transcript-rep = { $name }, { $time }:
mail-subject-closed = [{ $reference }] Ваше звернення закрито
mail-closed = Ми закрили ваше звернення { $reference }.
mail-closed-again = Щось іще не вирішено? Дайте відповідь на цей лист.
mail-subject-undelivered = [{ $reference }] Ми не змогли доставити нашу відповідь
mail-undelivered = Ми відповіли на ваше звернення { $reference }, але нашу відповідь не вдалося доставити на вказану вами електронну адресу. Будь ласка, зателефонуйте нам або напишіть з іншої адреси.
