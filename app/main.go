// Command app is Sổ Dân Vận: the book of a member or a secretary in a window, on Android
// and on desktops.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"runtime"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"github.com/alecthomas/kong"

	"sodanvan/app/notebook"
	"sodanvan/app/ui"
	"sodanvan/shared/cmdline"
)

//go:embed Icon.png
var icon []byte

// flags are for desktops; a phone starts the app without any.
type flags struct {
	Book     string `help:"Thư mục của sổ (hoặc biến SODANVAN_BOOK)." env:"SODANVAN_BOOK" placeholder:"DIR"`
	PINFile  string `name:"pin-file" help:"Để thử: tệp có mã mở sổ ở dòng đầu; mở sổ không cần hỏi." placeholder:"FILE"`
	Loopback bool   `help:"Cho phép http:// tới chính máy này, để thử."`
	Phone    bool   `help:"Cửa sổ cỡ điện thoại."`
	Title    string `help:"Tên cửa sổ." placeholder:"TÊN"`
}

func main() {
	var f flags
	if runtime.GOOS != "android" && runtime.GOOS != "ios" {
		kong.Parse(&f, kong.Name("so-dan-van"), kong.Description("Sổ Dân Vận: sổ của đảng viên phụ trách hộ."), cmdline.Help())
	}
	pin, err := readPIN(f.PINFile)
	if err != nil {
		fmt.Fprintln(os.Stderr, "Không đọc được tệp có mã mở sổ. Xem lại tên tệp.")
		os.Exit(1)
	}
	o := ui.Options{Book: notebook.Options{Dir: f.Book}, Network: notebook.Network{Loopback: f.Loopback}, PIN: pin, Title: f.Title}
	if f.Phone {
		o.Size = fyne.NewSize(390, 800)
	}
	a := app.NewWithID(ui.ID)
	a.SetIcon(fyne.NewStaticResource("Icon.png", icon))
	ui.Run(a, o)
}

// readPIN gives the first line of a file, or nothing for no file.
func readPIN(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line), err
}
