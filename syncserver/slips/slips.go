// Package slips prints enrolment slips: A4 pages of eight, each with one member's code as
// letters and as a QR, to be cut apart and handed over. The command "enrol --slips" calls it.
//
// A slip carries a secret, so whoever calls must keep the file from other eyes.
package slips

import (
	"errors"
	"fmt"
	"io"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationmonobold"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifregular"
	"github.com/skip2/go-qrcode"

	"sodanvan/shared/seal"
	"sodanvan/shared/viet"
)

// Slip is one member's way into the book.
type Slip struct {
	Member string
	// Distinguish tells namesakes apart, such as a year; may be empty.
	Distinguish string
	Branch      string
	Invitation  seal.Invitation
	// Expires is the last moment of the code; the slip shows its day in Viet Nam.
	Expires time.Time
}

// ErrNone: there is nothing to print.
var ErrNone = errors.New("slips: no slips to print")

// The page in millimetres: A4, two columns of four.
const (
	pageWidth, pageHeight = 210.0, 297.0
	columns, rows         = 2, 4
	slipWidth             = pageWidth / columns
	slipHeight            = pageHeight / rows
	margin                = 7.0
	qrSize                = 34.0
	inner                 = slipWidth - 2*margin
	beside                = inner - qrSize // width of the text beside the QR
)

// perPage is how many slips one page holds.
const perPage = columns * rows

const serif, mono = "serif", "mono"

// steps are what the member does, in the fewest words.
var steps = [...]string{
	"1. Mở ứng dụng Sổ Dân Vận trên điện thoại, chọn đăng ký máy.",
	"2. Gõ địa chỉ và mã dưới đây, hoặc chọn ảnh chụp ô vuông.",
	"3. Đặt mã PIN, chờ sổ tải về.",
}

// vietnam is the time zone of the dates on paper. It has had no change since 1975 and the
// machine may lack a table of zones.
var vietnam = time.FixedZone("+07", 7*60*60)

// Write prints all slips as one PDF. made is the time that stands in the file's own facts.
func Write(w io.Writer, all []Slip, made time.Time) error {
	if len(all) == 0 {
		return ErrNone
	}
	p := fpdf.New("P", "mm", "A4", "")
	p.SetCreationDate(made)
	p.SetModificationDate(made)
	p.SetCatalogSort(true)
	p.SetTitle("Phiếu đăng ký máy", true)
	p.SetCreator("Sổ Dân Vận", true)
	p.SetMargins(0, 0, 0)
	p.SetAutoPageBreak(false, 0)
	p.AddUTF8FontFromBytes(serif, "", liberationserifregular.TTF)
	p.AddUTF8FontFromBytes(serif, "B", liberationserifbold.TTF)
	p.AddUTF8FontFromBytes(mono, "B", liberationmonobold.TTF)
	for i, s := range all {
		place := i % perPage
		if place == 0 {
			p.AddPage()
			cutLines(p)
		}
		if err := draw(p, s, float64(place%columns)*slipWidth, float64(place/columns)*slipHeight); err != nil {
			return fmt.Errorf("slips: slip %d: %w", i+1, err)
		}
	}
	if err := p.Output(w); err != nil {
		return fmt.Errorf("slips: %w", err)
	}
	return nil
}

func cutLines(p *fpdf.Fpdf) {
	p.SetDrawColor(150, 150, 150)
	p.SetLineWidth(0.15)
	p.SetDashPattern([]float64{1.5, 1.5}, 0)
	for c := 1; c < columns; c++ {
		p.Line(float64(c)*slipWidth, 0, float64(c)*slipWidth, pageHeight)
	}
	for r := 1; r < rows; r++ {
		p.Line(0, float64(r)*slipHeight, pageWidth, float64(r)*slipHeight)
	}
	p.SetDashPattern(nil, 0)
}

// draw puts one slip with its upper left corner at x, y.
func draw(p *fpdf.Fpdf, s Slip, x, y float64) error {
	left, right := x+margin, x+slipWidth-margin
	p.SetTextColor(0, 0, 0)

	line(p, left, y+6, beside, 5, serif, "B", 10.5, "SỔ DÂN VẬN – PHIẾU ĐĂNG KÝ MÁY")
	name := "Đồng chí " + viet.Squash(s.Member)
	if s.Distinguish != "" {
		name += " (" + viet.Squash(s.Distinguish) + ")"
	}
	p.SetXY(left, y+11.5)
	block(p, left, beside, "B", 13, name)
	block(p, left, beside, "", 11, viet.Squash(s.Branch))
	p.SetY(p.GetY() + 1)
	p.SetFont(serif, "", 9.5)
	for _, step := range steps {
		p.SetX(left)
		p.MultiCell(beside, 3.8, step, "", "L", false)
	}

	if err := qr(p, s.Invitation.Text(), right-qrSize+2.5, y+4, qrSize); err != nil {
		return err
	}

	line(p, left, y+51.5, inner, 5, serif, "", 11, "Địa chỉ: "+s.Invitation.Address)
	p.SetDrawColor(0, 0, 0)
	p.SetLineWidth(0.3)
	p.Rect(left, y+57, inner, 8.5, "D")
	fit(p, mono, "B", 15.5, inner-3, s.Invitation.Code.String())
	p.SetXY(left, y+57)
	p.CellFormat(inner, 8.5, s.Invitation.Code.String(), "", 0, "CM", false, 0, "")
	line(p, left, y+66, inner, 4.5, serif, "", 9.5, "Dùng một lần, đến hết ngày "+lastDay(s.Expires)+". Không đưa cho người khác.")
	return p.Error()
}

// lastDay is the last whole day on which the code still works.
func lastDay(expires time.Time) string {
	return viet.DateOf(expires.In(vietnam)).AddDays(-1).String()
}

// line writes one line that is made smaller, and at last cut, until it fits.
func line(p *fpdf.Fpdf, x, y, w, h float64, family, style string, size float64, text string) {
	text = fit(p, family, style, size, w, text)
	p.SetXY(x, y)
	p.CellFormat(w, h, text, "", 0, "LM", false, 0, "")
}

// block writes a name under what is there: on one line if that can be, else on two or
// three, and never cut as long as three lines of the smallest type hold it.
func block(p *fpdf.Fpdf, x, w float64, style string, size float64, text string) {
	const leading = 0.38 // millimetres of line a point of type
	inside := w - 2*p.GetCellMargin()
	for _, lines := range []int{1, 2, 3} {
		most, least := size, size-2.5
		if lines > 1 {
			least = minSize
		}
		if lines > 2 {
			most = 9.5 // three lines of larger type leave no room for the steps
		}
		for at := most; at >= least; at -= 0.25 {
			p.SetFont(serif, style, at)
			if got := p.SplitText(text, inside); len(got) <= lines {
				for _, l := range got {
					p.SetX(x)
					p.CellFormat(w, at*leading, l, "", 2, "LM", false, 0, "")
				}
				return
			}
		}
	}
	p.SetX(x)
	p.CellFormat(w, minSize*leading, fit(p, serif, style, minSize, w, text), "", 2, "LM", false, 0, "")
}

// minSize is the smallest type that older eyes still read on paper.
const minSize = 8.5

func fit(p *fpdf.Fpdf, family, style string, size, w float64, text string) string {
	p.SetFont(family, style, size)
	// fpdf's cells have an inner margin on both sides.
	w -= 2 * p.GetCellMargin()
	for size > minSize && p.GetStringWidth(text) > w {
		size -= 0.25
		p.SetFont(family, style, size)
	}
	if p.GetStringWidth(text) <= w {
		return text
	}
	runes := []rune(text)
	for len(runes) > 1 && p.GetStringWidth(string(runes)+"…") > w {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// qr draws text as squares, which print sharper than a picture. The code brings its own
// quiet zone.
func qr(p *fpdf.Fpdf, text string, x, y, size float64) error {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return fmt.Errorf("qr: %w", err) // never quotes text: it holds the secret
	}
	bits := code.Bitmap()
	unit := size / float64(len(bits))
	p.SetFillColor(0, 0, 0)
	for r, row := range bits {
		for c := 0; c < len(row); {
			if !row[c] {
				c++
				continue
			}
			run := 1
			for c+run < len(row) && row[c+run] {
				run++
			}
			// A hair taller than a module, so that no white line shows between two rows.
			p.Rect(x+float64(c)*unit, y+float64(r)*unit, float64(run)*unit, unit*1.02, "F")
			c += run
		}
	}
	return nil
}
