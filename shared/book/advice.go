package book

// DenunciationAdvice is what the app shows when a household itself says that what it
// brings is a denunciation (tố cáo). The book keeps nothing of it, not even that there was
// one: the law protects who denounces, and has its own ways to receive it. The app asks
// the household and never guesses from a text; a complaint (khiếu nại) or petition is kept
// as usual.
const DenunciationAdvice = `Tố cáo không ghi vào sổ này, để giữ bí mật cho người tố cáo.

Ông, bà có thể tố cáo bằng đơn hoặc trình bày trực tiếp:
• Về cán bộ, công chức của xã: gửi Chủ tịch Ủy ban nhân dân xã; về chính người đó: gửi Chủ tịch Ủy ban nhân dân tỉnh.
• Về đảng viên: gửi Ủy ban kiểm tra của Đảng ủy xã hoặc cấp trên.
• Về dấu hiệu tội phạm: báo cơ quan công an nơi gần nhất.
• Chưa rõ gửi đâu: đến nơi tiếp công dân của xã hoặc của tỉnh để được hướng dẫn.

Đơn cần ghi rõ ngày, họ tên, địa chỉ, cách liên hệ của người tố cáo và việc bị tố cáo. Luật bảo vệ bí mật danh tính của người tố cáo.
Sổ không lưu lại gì của lần hỏi này. Khiếu nại, kiến nghị, phản ánh thì vẫn ghi như thường.`

// DenunciationQuestion is what the app asks the household before a petition is written.
const DenunciationQuestion = "Ông, bà muốn nêu ý kiến, kiến nghị, hay muốn tố cáo việc làm sai của một người, một cơ quan?"
