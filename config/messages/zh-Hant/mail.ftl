# The letters we send. Needs review by native speakers.

mail-subject-received = [{ $reference }] 我們已收到您的來信
mail-received-open = 感謝您寫信給我們。我們已收到您的來信，服務代表會閱讀。
mail-received-closed = 感謝您寫信給我們。我們已收到您的來信。我們現在休息。下次開放：{ $opening }。您的來信會保留排隊位置。
mail-received-closed-now = 感謝您寫信給我們。我們已收到您的來信。我們現在休息。您的來信會保留排隊位置。
mail-reference = 您的請求編號是 { $reference }。如需補充，請直接回覆此郵件。
mail-hours = 服務時間：{ $hours }
mail-emergency = 如果有人身處危險或犯罪正在發生，請不要等待我們的答覆，立即撥打 { $emergency }。
mail-call = 您也可以致電我們：{ $phone }。TTY 和轉接服務使用者請撥 { $relay }。
mail-in-english = 以下是英文版：
mail-subject-danger = [{ $reference }] 請立即閱讀：遇到危險時撥打的電話
mail-subject-transcript = [{ $reference }] 您與我們的對話
mail-transcript-head = 這是您與我們的對話，供您保存。
mail-transcript-you = 您，{ $time }：
mail-transcript-rep = { $name }，{ $time }：
mail-subject-closed = [{ $reference }] 您的請求已結束
mail-closed = 我們已結束您的請求 { $reference }。
mail-closed-again = 還有沒解決的嗎？請直接回覆此郵件。
mail-subject-undelivered = [{ $reference }] 我們的答覆未能送達
mail-undelivered = 我們已答覆您的請求 { $reference }，但答覆未能送達您提供的電子郵件地址。請致電我們，或用另一個地址寫信給我們。
