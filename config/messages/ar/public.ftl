# The public pages. Needs review by native speakers.

lang-name = العربية
lang-dir = rtl
skip-to-content = انتقل إلى المحتوى
nav-label = القائمة الرئيسية
nav-forms = إرسال طلب
nav-chat = محادثة
language-picker = اللغة
emergency-label = حالة طارئة؟
emergency-call = إذا كان شخص ما في خطر أو كانت هناك جريمة تحدث الآن، فاتصل بالرقم
footer-call = يمكنك أيضًا الاتصال بنا:
footer-relay = لمستخدمي TTY وخدمة الترحيل: اطلب 7-1-1.
footer-public-record = يُحفظ ما ترسله إلينا كسجل عام. يُرجى عدم كتابة أرقام البطاقات أو أي بيانات خاصة لم نطلبها.
footer-staff = دخول الموظفين
