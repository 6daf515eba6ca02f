# The public pages. Needs review by native speakers.

lang-name = 繁體中文
lang-dir = ltr
skip-to-content = 跳到正文
nav-label = 主選單
nav-forms = 提交請求
nav-chat = 線上聊天
language-picker = 語言
emergency-label = 緊急情況？
emergency-call = 如果有人身處危險或犯罪正在發生，請撥打
footer-call = 您也可以致電我們：
footer-relay = TTY 和轉接服務使用者請撥 7-1-1。
footer-public-record = 您傳送的內容將作為公共紀錄保存。請不要填寫銀行卡號或我們沒有詢問的其他個人資料。
footer-staff = 員工登入
