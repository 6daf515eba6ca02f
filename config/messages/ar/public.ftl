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
footer-relay = لمستخدمي TTY وخدمة الترحيل: اطلب ⁦7‑1‑1⁩.
footer-public-record = يُحفظ ما ترسله إلينا كسجل عام. يُرجى عدم كتابة أرقام البطاقات أو أي بيانات خاصة لم نطلبها.
footer-staff = دخول الموظفين

time-style = 24
date = { $day }/{ $month }/{ $year }
day-and-time = { $day }، { $time }
weekday-1 = الإثنين
weekday-2 = الثلاثاء
weekday-3 = الأربعاء
weekday-4 = الخميس
weekday-5 = الجمعة
weekday-6 = السبت
weekday-7 = الأحد
hours-always = على مدار الساعة طوال أيام الأسبوع
hours-every-day = يوميًا { $times }
hours-day = { $day } { $times }
hours-days = من { $first } إلى { $last } { $times }
hours-all-day = طوال اليوم
hours-times = { $one } و{ $other }
hours-list = { $one }، { $other }

home-title = كيف يمكننا مساعدتك؟
home-lead = أبلغ عن مشكلة أو اطلب خدمة أو اطرح سؤالًا. يجيبك شخص حقيقي بلغتك.
home-form-title = إرسال طلب
home-form-text = يستغرق نحو ثلاث دقائق. يمكنك إرفاق صور. لا تحتاج إلى حساب ولا إلى ذكر اسمك.
home-chat-title = تحدث معنا كتابيًا
home-chat-text = راسل أحد ممثلينا مباشرة.
home-call-title = اتصل بنا
home-call-text = المترجمون الشفهيون مجانًا.
home-topics = ما الموضوع؟
home-languages = نتحدث لغتك
home-return = هل أرسلت طلبًا من قبل؟
home-return-text = افتح الرابط الذي حصلت عليه: يبيّن حالة طلبك ويمكنك أن تكتب إلينا من هناك.
closed-until = نحن مغلقون الآن. نفتح مجددًا: { $when }.
closed-now = نحن مغلقون الآن.
closed-send = يمكنك إرسال طلب في أي وقت. يحتفظ بمكانه في الصف.

forms-title = ما موضوع طلبك؟
forms-lead = اختر الأقرب. لست متأكدًا؟ اختر «شيء آخر» وسنتولى الأمر.
forms-topics = المواضيع
forms-back = كل المواضيع
topic-streets = الشوارع والأرصفة
topic-parking = السيارات والوقوف
topic-water = المياه والصرف والانسكابات
topic-trees = الأشجار والحدائق
topic-clean = النفايات والكتابات على الجدران
topic-homes = السكن والجيران والحيوانات
topic-camps = المخيمات والمأوى ومن يعيشون في الشارع
topic-safety = السلامة، وليست حالة طارئة
topic-city = البلدية والتصاريح والحقوق
topic-other = أي شيء آخر

form-urgent = قد يكون هذا خطرًا. إذا كان من الممكن أن يُصاب أحد، فاتصل أولًا بالرقم { $emergency }. وإذا كان الأمر لا يحتمل الانتظار، فاتصل بنا أيضًا: { $phone }.
form-required = مطلوب
form-optional = اختياري
form-text-label = ماذا يحدث، أو ماذا تحتاج؟
form-text-hint = اكتب بأي لغة. كلما كنت أدق، ساعدناك أسرع.
form-photos-label = صور أو ملف PDF
form-photos-hint = حتى { $count } ملفات، كل منها { $size } ميغابايت: JPEG أو PNG أو WebP أو HEIC أو PDF. نزيل من الصور بيانات المكان والجهاز.
form-photos-kept = مرفق بالفعل
form-photos-again = يُرجى إضافة الصور مرة أخرى.
form-language-label = أجيبوني باللغة
form-you = كيف يمكننا الوصول إليك؟
form-you-hint = يمكنك ترك كل هذا فارغًا. في كل الأحوال ستحصل على رابط خاص لمتابعة طلبك.
form-name-label = اسمك
form-email-label = البريد الإلكتروني
form-phone-label = الهاتف
form-phone-hint = مع الرقم الداخلي إن وُجد.
form-choose = اختر إجابة
form-honeypot = اترك هذا الحقل فارغًا
form-send = إرسال الطلب

errors-title = يُرجى مراجعة هذه الحقول
error-prefix = خطأ:
error-required = يُرجى ملء هذا الحقل.
error-too-long = استخدم { $max } حرفًا كحد أقصى.
error-email = لا يبدو هذا عنوان بريد إلكتروني. مثال: name@example.com
error-phone = لا يبدو هذا رقم هاتف. مثال: 503-555-0100
error-choice = اختر إحدى الإجابات.
error-file-type = لا يمكن استخدام هذا الملف. أرسل JPEG أو PNG أو WebP أو HEIC أو PDF.
error-file-size = الحد الأقصى للملف { $max } ميغابايت.
error-file-count = أرسل { $max } ملفات كحد أقصى.
error-sent-before = سبق أن أرسلت هذا النموذج بكلمات أخرى. لإرساله كطلب جديد، اضغط الزر مرة أخرى.
busy-title = يُرجى الانتظار قليلًا
busy-text = وصلت طلبات كثيرة من اتصالك. لم يضع شيء: كلماتك لا تزال أدناه. اضغط الزر مجددًا بعد نحو { $minutes } دقيقة، أو اتصل بنا: { $phone }.
unavailable-title = لم يصل طلبك إلينا بعد
unavailable-text = لم نتمكن من حفظه الآن. لم يضع شيء: كلماتك لا تزال أدناه. اضغط الزر مرة أخرى، أو اتصل بنا: { $phone }.

status-title = طلبك
status-received = استلمنا طلبك
status-received-text = شكرًا لك. سيقرؤه أحد ممثلينا. يمكنك هنا رؤية حالته والكتابة إلينا.
status-reference = رقم الطلب
status-about = الموضوع
status-sent = أُرسل
status-save = احتفظ بهذه الصفحة
status-save-text = احفظ عنوان هذه الصفحة: فهو طريقك للعودة إلى طلبك. كل من لديه العنوان يستطيع قراءة هذه الصفحة.
status-waiting = في انتظار أحد الممثلين
status-place = مكانك في الصف: { $place }
status-place-far = مكانك في الصف: بعد { $place }
status-next = أنت التالي في الصف.
status-wait = الانتظار المعتاد: { $wait }
status-wait-unknown = لا يمكننا القول بعد كم سيستغرق ذلك.
wait-under-minute = أقل من دقيقة
wait-minutes = من { $from } إلى { $to ->
    [two] دقيقتين
    [few] { $to } دقائق
   *[other] { $to } دقيقة
}
wait-minutes-about = نحو { $to ->
    [two] دقيقتين
    [few] { $to } دقائق
   *[other] { $to } دقيقة
}
wait-hours = من { $from } إلى { $to ->
    [two] ساعتين
    [few] { $to } ساعات
   *[other] { $to } ساعة
}
wait-hours-about = نحو { $to ->
    [two] ساعتين
    [few] { $to } ساعات
   *[other] { $to } ساعة
}
wait-days = من { $from } إلى { $to ->
    [two] يومين
    [few] { $to } أيام
   *[other] { $to } يومًا
}
wait-days-about = نحو { $to ->
    [two] يومين
    [few] { $to } أيام
   *[other] { $to } يومًا
}
status-active = طلبك لدى { $name }
status-active-unnamed = طلبك لدى أحد الممثلين
status-active-text = يمكنكما التراسل أدناه.
status-yours = نحتاج إلى جواب منك
status-yours-text = يُرجى قراءة رسالتنا الأخيرة والإجابة أدناه.
status-closed = أُغلق هذا الطلب
status-closed-text = هل بقي شيء؟ اكتب إلينا أدناه.
status-too-late = أُغلق هذا الطلب منذ مدة. يُرجى إرسال طلب جديد.
ended-informed = أجبنا عن سؤالك.
ended-requested = طلبنا الخدمة التي تحتاجها.
ended-reported = وصل بلاغك إلى من يقومون بالعمل.
ended-referred = أخبرناك بمن يستطيع المساعدة.
ended-transferred = سلّمنا طلبك إلى المكتب الذي يستطيع المساعدة.
ended-deflected = أخبرناك بخط الطوارئ الذي يستطيع المساعدة.
ended-no-contact = لم نتمكن من الوصول إليك.
ended-abandoned = انتهت المحادثة قبل أن نتمكن من المساعدة.
ended-other = أُغلق دون جواب.
status-as-of = حتى { $time }
status-refresh = تحقق مجددًا
status-by-itself = تتحدث هذه الصفحة من تلقاء نفسها.
conversation-title = الرسائل
conversation-you = أنت
conversation-rep = الممثل
conversation-automatic = رسالة تلقائية
conversation-read = قُرئت
reply-label = اكتب رسالة
reply-send = إرسال الرسالة
photo-alt = صورة مرفقة: { $name }

missing-title = لم نعثر على هذه الصفحة
missing-text = قد يكون العنوان مكتوبًا خطأ، أو أن ما كان فيه لم يعد محفوظًا.
wrong-title = لم نتمكن من قراءة ما أُرسل
wrong-text = ارجع وحاول مجددًا، أو اتصل بنا: { $phone }.
too-large-title = ما أرسلته كبير جدًا
too-large-text = ارجع وأرسل ملفات أقل أو أصغر.
home-back = إلى الصفحة الأولى
later-title = هذه الصفحة غير متاحة الآن
later-text = يُرجى المحاولة مجددًا بعد قليل، أو الاتصال بنا: { $phone }.
