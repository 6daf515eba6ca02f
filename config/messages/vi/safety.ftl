# What a person who writes of danger is told at once. It must never promise that help is on its way.
danger-call = Đây không phải là đường dây khẩn cấp. Nếu có người có thể bị thương, hãy gọi { $numbers } ngay.
danger-advice-gas = Nếu ngửi thấy mùi gas: hãy rời khỏi tòa nhà, đừng chạm vào công tắc nào và gọi từ bên ngoài.
danger-advice-downed-wire = Hãy tránh xa dây điện và mọi thứ mà nó chạm vào.
danger-advice-suicide = Quý vị không phải một mình vượt qua chuyện này: số này có người trả lời cả ngày lẫn đêm.
danger-kept = Tin nhắn của quý vị đã được lưu và đánh dấu khẩn cho nhân viên của chúng tôi.
