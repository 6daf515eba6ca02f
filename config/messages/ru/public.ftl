# The public pages. Needs review by native speakers.

lang-name = Русский
lang-dir = ltr
skip-to-content = Перейти к содержанию
nav-label = Главное меню
nav-forms = Отправить обращение
nav-chat = Чат
language-picker = Язык
emergency-label = Экстренный случай?
emergency-call = Если кому-то грозит опасность или прямо сейчас совершается преступление, звоните
footer-call = Вы также можете позвонить нам:
footer-relay = Для TTY и службы ретрансляции: наберите 7-1-1.
footer-public-record = Всё, что вы нам отправляете, хранится как общедоступный документ. Не указывайте номера карт и другие личные данные, о которых мы не просим.
footer-staff = Вход для сотрудников
