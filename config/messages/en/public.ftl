# The public pages. The English text is the one the others follow.

lang-name = English
lang-dir = ltr
skip-to-content = Skip to the content
nav-label = Main
nav-forms = Send a request
nav-chat = Chat
language-picker = Language
emergency-label = Emergency?
emergency-call = If someone is in danger or a crime is happening now, call
footer-call = You can also call us:
footer-relay = TTY and relay users: dial 7-1-1.
footer-public-record = What you send us is kept as a public record. Please leave out card numbers and other private data we do not ask for.
footer-staff = Sign in for staff
