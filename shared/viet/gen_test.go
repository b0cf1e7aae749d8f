package viet

import "pgregory.net/rapid"

// words are syllables that trip naive code: composed and decomposed, both tone
// placements, look-alikes of đ, blanks that are not U+0020. People made of them
// are invented.
var words = []string{
	"Nguyễn", "Nguye\u0302\u0303n", "NGUYỄN", "nguyên", "Hoà", "Hòa", "hoa", "Thuý", "Thúy", "quý", "quí",
	"Đạt", "Ðạt", "đạt", "Dat", "Ơn", "Ư", "Ấn", "An", "Anh", "Ân", "Ăn", "Bùi", "Khuỷu", "của", "cuả",
	"x\u0301o\u0323\u0302", "12/5", "5B", "H'Hen", "Y-Khoa", "Wendy", "ß", "İ", "K", "Ａ１", "m²", "中", "½", "o\u0308\u0301",
	"\u0301", "\ufeff", "\u00ad", "a\u200d\u0301", "…", "(", "\x00", "\xff",
}

var blanks = []string{" ", " ", " ", "  ", "\u00a0", "\t", "\u200b", "\n", ""}

// texts generates sentences of such words, and now and then any string.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) string {
			s := ""
			for range rapid.IntRange(0, 5).Draw(t, "words") {
				s += rapid.SampledFrom(words).Draw(t, "word") + rapid.SampledFrom(blanks).Draw(t, "blank")
			}
			return s
		}),
		rapid.String(),
	)
}
