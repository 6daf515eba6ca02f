# The public pages. Needs review by native speakers.

lang-name = Español
lang-dir = ltr
skip-to-content = Ir al contenido
nav-label = Principal
nav-forms = Enviar una solicitud
nav-chat = Chat
language-picker = Idioma
emergency-label = ¿Emergencia?
emergency-call = Si alguien está en peligro o se está cometiendo un delito ahora, llame al
footer-call = También puede llamarnos:
footer-relay = Usuarios de TTY o retransmisión: marquen 7-1-1.
footer-public-record = Lo que nos envía se guarda como registro público. No incluya números de tarjeta ni otros datos privados que no le pedimos.
footer-staff = Acceso para el personal
