# The letters we send. Needs review by native speakers.

mail-subject-received = [{ $reference }] 我们已收到您的来信
mail-received-open = 感谢您写信给我们。我们已收到您的来信，服务代表会阅读。
mail-received-closed = 感谢您写信给我们。我们已收到您的来信。我们现在休息。下次开放：{ $opening }。您的来信会保留排队位置。
mail-received-closed-now = 感谢您写信给我们。我们已收到您的来信。我们现在休息。您的来信会保留排队位置。
mail-reference = 您的请求编号是 { $reference }。如需补充，请直接回复此邮件。
mail-hours = 服务时间：{ $hours }
mail-emergency = 如果有人身处危险或犯罪正在发生，请不要等待我们的答复，立即拨打 { $emergency }。
mail-call = 您也可以致电我们：{ $phone }。TTY 和中继服务用户请拨 { $relay }。
mail-in-english = 以下是英文版：
mail-subject-danger = [{ $reference }] 请立即阅读：遇到危险时拨打的电话
mail-subject-transcript = [{ $reference }] 您与我们的对话
mail-transcript-head = 这是您与我们的对话，供您保存。
mail-transcript-you = 您，{ $time }：
mail-transcript-rep = { $name }，{ $time }：
mail-subject-closed = [{ $reference }] 您的请求已结束
mail-closed = 我们已结束您的请求 { $reference }。
mail-closed-again = 还有没解决的吗？请直接回复此邮件。
mail-subject-undelivered = [{ $reference }] 我们的答复未能送达
mail-undelivered = 我们已答复您的请求 { $reference }，但答复未能送达您提供的电子邮箱。请致电我们，或用另一个邮箱写信给我们。
