# The letters we send. Needs review by native speakers.

mail-subject-received = [{ $reference }] استلمنا رسالتك
mail-received-open = شكرًا لمراسلتك إيانا. استلمنا رسالتك وسيقرؤها أحد ممثلينا.
mail-received-closed = شكرًا لمراسلتك إيانا. استلمنا رسالتك. نحن مغلقون الآن. نفتح مجددًا: { $opening }. تحتفظ رسالتك بمكانها في الصف.
mail-received-closed-now = شكرًا لمراسلتك إيانا. استلمنا رسالتك. نحن مغلقون الآن. تحتفظ رسالتك بمكانها في الصف.
mail-reference = رقم طلبك هو { $reference }. لإضافة أي شيء، أجب عن هذه الرسالة.
mail-hours = ساعات العمل: { $hours }
mail-emergency = إذا كان شخص ما في خطر أو كانت هناك جريمة تحدث الآن، فلا تنتظر جوابنا: اتصل بالرقم { $emergency }.
mail-call = يمكنك أيضًا الاتصال بنا: { $phone }. لمستخدمي TTY وخدمة الترحيل: اطلب { $relay }.
mail-in-english = النص نفسه بالإنجليزية:
mail-subject-danger = [{ $reference }] اقرأ الآن: بمن تتصل عند الخطر
mail-subject-transcript = [{ $reference }] محادثتك معنا
mail-transcript-head = هذه محادثتك معنا لتحتفظ بها.
mail-transcript-you = أنت، { $time }:
mail-transcript-rep = { $name }، { $time }:
mail-subject-closed = [{ $reference }] أُغلق طلبك
mail-closed = أغلقنا طلبك { $reference }.
mail-closed-again = هل بقي شيء؟ أجب عن هذه الرسالة.
mail-subject-undelivered = [{ $reference }] لم نتمكن من إيصال جوابنا
mail-undelivered = أجبنا عن طلبك { $reference }، لكن جوابنا لم يصل إلى عنوان البريد الإلكتروني الذي أعطيتنا إياه. يُرجى الاتصال بنا أو الكتابة إلينا من عنوان آخر.
