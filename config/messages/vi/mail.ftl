# The letters we send. Needs review by native speakers.

mail-subject-received = [{ $reference }] Chúng tôi đã nhận được thư của quý vị
mail-received-open = Cảm ơn quý vị đã viết thư cho chúng tôi. Chúng tôi đã nhận được thư, và một nhân viên sẽ đọc thư này.
mail-received-closed = Cảm ơn quý vị đã viết thư cho chúng tôi. Chúng tôi đã nhận được thư. Hiện giờ chúng tôi đóng cửa. Chúng tôi mở cửa lại: { $opening }. Thư của quý vị vẫn giữ chỗ trong hàng.
mail-received-closed-now = Cảm ơn quý vị đã viết thư cho chúng tôi. Chúng tôi đã nhận được thư. Hiện giờ chúng tôi đóng cửa. Thư của quý vị vẫn giữ chỗ trong hàng.
mail-reference = Số yêu cầu của quý vị là { $reference }. Để cho biết thêm, xin trả lời thư này.
mail-hours = Giờ làm việc: { $hours }
mail-emergency = Nếu có người gặp nguy hiểm hoặc tội phạm đang xảy ra, xin đừng chờ chúng tôi trả lời: hãy gọi { $emergency }.
mail-call = Quý vị cũng có thể gọi cho chúng tôi: { $phone }. Người dùng TTY hoặc dịch vụ chuyển tiếp: bấm { $relay }.
mail-in-english = Nội dung trên bằng tiếng Anh:
mail-subject-danger = [{ $reference }] Xin đọc ngay: gọi cho ai khi gặp nguy hiểm
mail-subject-transcript = [{ $reference }] Cuộc trò chuyện của quý vị với chúng tôi
mail-transcript-head = Đây là cuộc trò chuyện của quý vị với chúng tôi, để quý vị lưu giữ.
mail-transcript-you = Quý vị, { $time }:
mail-transcript-rep = { $name }, { $time }:
mail-subject-closed = [{ $reference }] Yêu cầu của quý vị đã đóng
mail-closed = Chúng tôi đã đóng yêu cầu { $reference } của quý vị.
mail-closed-again = Vẫn còn việc chưa xong? Xin trả lời thư này.
mail-subject-undelivered = [{ $reference }] Chúng tôi không gửi được thư trả lời
mail-undelivered = Chúng tôi đã trả lời yêu cầu { $reference } của quý vị, nhưng thư trả lời không đến được địa chỉ email quý vị đã cho. Xin gọi cho chúng tôi, hoặc viết thư từ một địa chỉ khác.
