# The public pages. Needs review by native speakers.

lang-name = Tiếng Việt
lang-dir = ltr
skip-to-content = Đi đến nội dung
nav-label = Chính
nav-forms = Gửi yêu cầu
nav-chat = Trò chuyện
language-picker = Ngôn ngữ
emergency-label = Khẩn cấp?
emergency-call = Nếu có người đang gặp nguy hiểm hoặc tội phạm đang xảy ra, hãy gọi
footer-call = Quý vị cũng có thể gọi cho chúng tôi:
footer-relay = Người dùng TTY hoặc dịch vụ chuyển tiếp: bấm 7-1-1.
footer-public-record = Những gì quý vị gửi được lưu làm hồ sơ công. Xin đừng ghi số thẻ hoặc thông tin riêng tư mà chúng tôi không hỏi.
footer-staff = Đăng nhập dành cho nhân viên
