# The public pages. Needs review by native speakers.

lang-name = Soomaali
lang-dir = ltr
skip-to-content = U bood qoraalka
nav-label = Ugu weyn
nav-forms = Dir codsi
nav-chat = Wada sheekaysi
language-picker = Luqad
emergency-label = Xaalad degdeg ah?
emergency-call = Haddii qof khatar ku jiro ama dambi hadda dhacayo, wac
footer-call = Sidoo kale waad na soo wici kartaa:
footer-relay = Isticmaalayaasha TTY iyo adeegga gudbinta: garaac 7-1-1.
footer-public-record = Waxa aad noo soo dirto waxaa loo kaydiyaa diiwaan dadweyne. Fadlan ha ku qorin lambarrada kaararka iyo xog kale oo gaar ah oo aan kaa weydiin.
footer-staff = Gelitaanka shaqaalaha
