# The public pages. Needs review by native speakers.

lang-name = 简体中文
lang-dir = ltr
skip-to-content = 跳到正文
nav-label = 主菜单
nav-forms = 提交请求
nav-chat = 在线聊天
language-picker = 语言
emergency-label = 紧急情况？
emergency-call = 如果有人身处危险或犯罪正在发生，请拨打
footer-call = 您也可以致电我们：
footer-relay = TTY 和中继服务用户请拨 7-1-1。
footer-public-record = 您发送的内容将作为公共记录保存。请不要填写银行卡号或我们没有询问的其他个人信息。
footer-staff = 员工登录
