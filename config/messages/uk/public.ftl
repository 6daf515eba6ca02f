# The public pages. Needs review by native speakers.

lang-name = Українська
lang-dir = ltr
skip-to-content = Перейти до вмісту
nav-label = Головне меню
nav-forms = Надіслати звернення
nav-chat = Чат
language-picker = Мова
emergency-label = Надзвичайна ситуація?
emergency-call = Якщо комусь загрожує небезпека або зараз скоюється злочин, телефонуйте
footer-call = Ви також можете зателефонувати нам:
footer-relay = Для TTY та служби ретрансляції: наберіть 7-1-1.
footer-public-record = Усе, що ви нам надсилаєте, зберігається як публічний документ. Не вказуйте номери карток та інші особисті дані, про які ми не просимо.
footer-staff = Вхід для працівників
