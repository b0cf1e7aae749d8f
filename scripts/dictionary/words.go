package main

import "strings"

// All that follows is invented: common names, places that could be anywhere in the delta, and
// sentences as a member might write them. Nothing was taken from a book that somebody keeps,
// and nothing from the row set of test/bench: a dictionary made of that would prove nothing.

func lines(s string) []string {
	var out []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

var (
	surnames = strings.Fields("Nguyễn Nguyễn Nguyễn Nguyễn Trần Trần Lê Lê Phạm Phạm Hoàng Vũ Vũ Đặng Bùi Đỗ Đỗ Hồ Ngô Dương Lý Đào Đoàn Đinh Trịnh Lương Phan Mai Tạ Cao Lưu Hà Chu")
	middles  = strings.Fields("Văn Văn Văn Thị Thị Thị Đức Hữu Xuân Ngọc Minh Quang Thanh Đình Bá Công Kim Thu Hồng Mạnh Trọng Duy Tiến Quốc")
	given    = strings.Fields("An Anh Bình Bích Cúc Chiến Cường Dung Dũng Duyên Đạt Đông Hà Hải Hạnh Hằng Hiền Hiếu Hoa Hòa Hoan Hồng Huệ Hùng Hương Khánh Khoa Lan Liên Linh Loan Long Lợi Lương Mai Mạnh Minh Nam Nga Ngân Nghĩa Nhung Oanh Phúc Phương Quân Quyên Sơn Tâm Tân Thảo Thắng Thành Thịnh Thoa Thơm Thuận Thủy Tiến Tình Toàn Trang Trung Tuấn Tuyết Tùng Vân Việt Vinh Xuân Yến")
	hamlets  = lines(`
		Xóm Đình
		Xóm Chùa
		Xóm Giữa
		Xóm Trên
		Xóm Dưới
		Xóm Mới
		Xóm Bến
		Ngõ Đông
		Ngõ Chợ
		Thôn Đông
		Thôn Đoài
		Thôn Thượng
		Thôn Hạ
		Thôn Trung
		Tổ dân phố số 1
		Tổ dân phố số 2
		Tổ dân phố số 3`)
	streets = lines(`
		đường liên thôn
		đường trục xã
		ngõ nhà văn hóa
		ngõ trường mầm non
		cạnh đình làng
		cạnh trạm y tế
		gần cổng chợ
		đầu làng
		cuối làng
		ven đê
		ngã ba đầu xóm
		sau nhà văn hóa thôn
		đối diện sân bóng
		gần trạm bơm`)
	forms  = strings.Fields("ông bà anh chị")
	topics = lines(`
		Vệ sinh môi trường
		Vay vốn
		Đường ngõ
		Nước sạch
		Khuyến học
		Đất đai
		Bảo hiểm y tế
		Mùa vụ
		Nếp sống văn hóa
		Điện sinh hoạt
		Chợ
		Chính sách xã hội
		An ninh trật tự
		Phòng cháy, chữa cháy
		Nông thôn mới
		Việc làm
		Thuế, phí
		Giấy chứng nhận quyền sử dụng đất
		Hiến đất làm đường
		Trật tự đô thị`)
	bodies = lines(`
		Ủy ban nhân dân xã
		Công an xã
		Ủy ban Mặt trận Tổ quốc xã
		Phòng Kinh tế xã
		Phòng Văn hóa - Xã hội xã
		Trạm y tế xã
		Hợp tác xã dịch vụ nông nghiệp
		Điện lực khu vực
		Ngân hàng Chính sách xã hội
		Xí nghiệp nước sạch
		Văn phòng đăng ký đất đai
		Bảo hiểm xã hội khu vực`)
	holidays = lines(`
		Tết Dương lịch
		Tết Nguyên đán
		Giỗ Tổ Hùng Vương
		Ngày Giải phóng miền Nam
		Ngày Quốc tế Lao động
		Quốc khánh`)
	sources = lines(`
		Luật Tiếp công dân
		Quyết định của Ủy ban nhân dân xã
		Quy chế dân vận của hệ thống chính trị
		Nghị định của Chính phủ
		Thông báo kết luận của Đảng ủy`)
	reasons = lines(`
		Ghi rõ thêm ngày hẹn với hộ.
		Nội dung chưa rõ, đề nghị hỏi lại hộ rồi ghi cho đủ.
		Chưa ghi hộ có đồng ý chuyển ý kiến lên xã hay không.
		Trùng với lượt tiếp xúc trước, đề nghị đồng chí xem lại.
		Bỏ phần nói về người khác, chỉ ghi việc của hộ.`)
	endings = lines(`
		Hộ đồng ý với nội dung trả lời.
		Hộ chưa đồng ý, đề nghị trả lời lại cho rõ.
		Việc đã làm xong, hộ đã xác nhận.
		Hộ rút lại ý kiến.
		Cơ quan có thẩm quyền chưa trả lời đủ nội dung.`)
	numbers = lines(`
		12/UBND-VP
		45/UBND-ĐC
		07/TB-UBND
		118/CV-UBND
		23/UBND-VHXH
		9/ĐL-KD
		31/BC-MTTQ`)
)

// who, when, what and how make the sentences of notes.
var (
	who = lines(`
		Gia đình
		Hộ
		Chủ hộ
		Ông chủ hộ
		Bà chủ hộ
		Anh chủ hộ
		Vợ chồng chủ hộ
		Cả nhà
		Con trai chủ hộ
		Con dâu chủ hộ
		Hai ông bà
		Chị`)
	said = lines(`
		đề nghị
		hỏi về
		phản ánh
		cho biết
		mong muốn
		đồng ý
		nhất trí với
		băn khoăn về
		xin được
		kiến nghị
		quan tâm đến
		đã nắm được
		nhờ hỏi giúp về
		cảm ơn về`)
	matters = lines(`
		việc thu gom rác thải ở đầu ngõ chưa đều, rác để lâu có mùi
		việc làm đường bê tông trong xóm, sẵn sàng hiến đất và góp ngày công
		mức đóng bảo hiểm y tế hộ gia đình năm nay
		thủ tục vay vốn ngân hàng chính sách để chăn nuôi bò, nuôi gà
		cống thoát nước trước nhà bị tắc, mưa to là ngập
		đường điện xuống thấp, đề nghị kéo lại dây và thay cột
		nước sạch yếu vào buổi tối, có ngày không có nước
		giấy chứng nhận quyền sử dụng đất làm từ năm ngoái mà chưa được trả
		lịch họp thôn và nội dung bàn về quỹ xây dựng nông thôn mới
		giống lúa vụ xuân, lịch lấy nước và phòng trừ sâu bệnh
		hỗ trợ học bổng khuyến học cho hai cháu đang đi học
		chế độ trợ cấp của người cao tuổi trong nhà
		đèn đường trong ngõ hỏng đã lâu, tối đi lại khó
		xe tải chạy nhanh qua đường làng, sợ mất an toàn cho trẻ con
		mương tưới bị sạt, nước không về đến ruộng
		việc cho con đi học nghề và tìm việc làm ở khu công nghiệp
		giá vật tư phân bón tăng, bán nông sản khó
		việc sửa nhà văn hóa thôn và sân chơi cho các cháu
		khu chợ tạm lấn ra lòng đường, đi lại buổi sáng rất khó
		việc kê khai thuế, phí và hóa đơn khi bán hàng
		tiêm phòng cho đàn lợn, đàn gà sau đợt dịch
		tiếng ồn của xưởng mộc bên cạnh vào giờ nghỉ trưa
		việc chỉnh trang hàng rào, trồng hoa ven đường
		việc đăng ký gia đình văn hóa và phân loại rác tại nhà
		thời hạn trả lời đơn đã gửi lên xã tháng trước
		việc cài ứng dụng dịch vụ công và làm giấy tờ qua mạng
		nhà dột, xin hỗ trợ sửa chữa trước mùa mưa bão
		việc đổi thẻ và cập nhật giấy tờ khi sáp nhập xã
		ranh giới đất với nhà bên, xin cán bộ địa chính xuống đo lại
		lớp tập huấn trồng rau sạch của hợp tác xã`)
	told = lines(`
		Đã phổ biến chủ trương mới của xã, gia đình nghe và đồng tình.
		Đã phổ biến lịch họp thôn tối thứ bảy ở nhà văn hóa.
		Đã hướng dẫn hộ làm đơn và nơi nộp.
		Đã nói rõ mức hỗ trợ và giấy tờ cần có.
		Đã ghi lại ý kiến để báo cáo chi bộ.
		Đã báo lại kết quả, gia đình cảm ơn.
		Đã hẹn gặp lại vào tuần sau.
		Đã hẹn quay lại sau vụ gặt.
		Hẹn cuối tháng quay lại xem đã sửa xong chưa.
		Sẽ hỏi lại cán bộ xã rồi trả lời hộ.
		Sẽ cùng trưởng thôn xuống xem tại chỗ.
		Chưa gặp được chủ hộ, có gửi lời nhắn lại cho con gái.
		Gọi điện không nghe máy, sẽ gọi lại buổi tối.
		Gia đình bận mùa vụ nên chỉ trao đổi nhanh ở ngoài đồng.
		Nhà mới sửa xong, mọi việc ổn định, chưa có ý kiến gì thêm.
		Gia đình đã nhận được thông báo và làm theo hướng dẫn.
		Hộ tự nguyện góp thêm ngày công dọn vệ sinh đường làng sáng chủ nhật.
		Các cháu đi học xa, cuối tuần mới về, ông bà ở nhà trông nhà.
		Đề nghị chi bộ quan tâm, sớm có ý kiến với xã.
		Không có ý kiến gì.
		Gia đình phấn khởi vì đường mới làm xong.
		Được trưởng thôn và tổ trưởng cùng đi thăm.
		Hộ nhờ ghi rõ là không nêu tên khi chuyển lên trên.
		Việc lần trước hộ hỏi nay đã được giải quyết xong.`)
	titles = lines(`
		Thông báo lịch họp Nhân dân quý này
		Thông báo về thu gom, phân loại rác thải tại hộ
		Chủ trương hiến đất mở rộng đường ngõ
		Thông báo lịch lấy nước đổ ải vụ xuân
		Hướng dẫn kê khai, cấp đổi giấy chứng nhận
		Thông báo về phòng, chống bão và thiên tai
		Vận động đóng góp quỹ khuyến học
		Thông báo lịch cắt điện để sửa chữa
		Hướng dẫn nộp hồ sơ qua dịch vụ công trực tuyến
		Chủ trương sáp nhập thôn, tổ dân phố`)
	works = lines(`
		Mô hình "Dân vận khéo" trong làm đường giao thông ngõ xóm
		Mô hình tuyến đường hoa tự quản
		Mô hình thu gom, phân loại rác tại nguồn
		Mô hình camera an ninh do Nhân dân đóng góp
		Mô hình chi bộ giúp hộ khó khăn phát triển kinh tế
		Mô hình dòng họ khuyến học
		Mô hình tổ tự quản giữ gìn trật tự
		Mô hình vườn rau sạch của hội viên`)
	descriptions = lines(`
		Vận động các hộ dọc tuyến hiến đất, góp ngày công, đổ bê tông và trồng hoa hai bên đường.
		Mỗi hộ có hai thùng rác, tổ tự quản nhắc nhau vào sáng thứ bảy hằng tuần.
		Đảng viên phụ trách hộ hướng dẫn cách làm, chi bộ kiểm tra mỗi quý một lần.
		Gây quỹ từ bán phế liệu để tặng quà cho học sinh khó khăn vượt khó học giỏi.`)
	findings = lines(`
		Chi bộ đã phân công đảng viên phụ trách đủ các hộ, sổ ghi chép rõ ràng.
		Còn một số ý kiến chưa trả lời đúng hạn.
		Việc báo cáo quý chậm, nội dung còn chung chung.
		Đề nghị duy trì nếp gặp hộ ít nhất mỗi quý một lần.
		Đề nghị bí thư nhắc đảng viên ghi rõ ngày hẹn và kết quả.`)
	answers = lines(`
		Ủy ban nhân dân xã đã giao cán bộ địa chính kiểm tra, trả kết quả trước ngày cuối tháng.
		Tuyến cống đã có trong kế hoạch sửa chữa quý này, sẽ làm xong trước mùa mưa.
		Điện lực đã thay dây và nâng công suất trạm biến áp của thôn.
		Hồ sơ còn thiếu giấy xác nhận, đề nghị hộ bổ sung tại bộ phận một cửa.
		Đã nhắc đơn vị thu gom đổi giờ và tăng chuyến vào thứ ba, thứ sáu.
		Mức hỗ trợ thực hiện theo quy định hiện hành, đã niêm yết tại trụ sở xã.`)
	words = lines(`
		đơn thư
		kích động
		quan điểm
		bệnh
		tôn giáo`)
)
