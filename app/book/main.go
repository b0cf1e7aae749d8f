// Command book is the field app without a window: the help desk's way into a book, and a
// way to try the app on a machine without a display. It does what app/ui does, through
// app/notebook, and builds without Fyne.
//
//	book --book DIR --pin-file FILE households
//	book --book DIR --json household "nguyen van dat"
//
// The PIN comes from --pin-file, the variable SODANVAN_PIN or --pin; the first two do not
// stand in the list of processes.
//
// Output is Vietnamese text for people. With --json it is one JSON value for machines, of
// the types of package notebook as documented there: fields may be added, none changes its
// meaning, days are yyyy-mm-dd, times RFC 3339, ids 36 characters, nothing "".
//
//	status                         notebook.State, sync: notebook.Synced
//	me                             notebook.Me
//	households                     []notebook.HouseholdLine
//	household                      notebook.Page
//	show, sheet                    notebook.Entry, notebook.Sheet
//	members, topics, matters       []notebook.Member, []notebook.Category
//	initiative list                []notebook.Initiative
//	commendation list              []notebook.Commendation
//	review queue                   []notebook.ReviewGroup
//	notices, drafts, takeback      []notebook.Notice, []notebook.Draft, []notebook.Conflict
//	mend, suggestions              []notebook.Mend, []notebook.Suggestion
//	history, devices, code         []notebook.PastValue, []notebook.Device, notebook.Invite
//	check                          {"words": [string]}
//	review month                   {"approved": number}
//	what records or changes        notebook.Saved
//	other commands                 {"done": true}
//
// Exit codes: 0 done; 1 not done, with one sentence on standard error.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"sodanvan/app/notebook"
	"sodanvan/app/words"
	"sodanvan/shared/cmdline"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	h := host{out: os.Stdout, err: os.Stderr, getenv: os.Getenv, options: options}
	code := h.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// host is what the command takes from outside; tests put their own in.
type host struct {
	out, err io.Writer
	getenv   func(string) string
	options  func(g *globals) notebook.Options
}

// options are those of a real machine.
func options(g *globals) notebook.Options {
	return notebook.Options{Dir: g.Book, Desktop: true, Remote: notebook.ViaNetwork(notebook.Network{Loopback: g.Loopback})}
}

// globals are the flags of every command.
type globals struct {
	Book     string `help:"Thư mục của sổ (hoặc biến SODANVAN_BOOK)." placeholder:"DIR"`
	PIN      string `name:"pin" help:"Mã mở sổ (nên dùng --pin-file hoặc biến SODANVAN_PIN)."`
	PINFile  string `name:"pin-file" help:"Tệp có mã mở sổ ở dòng đầu." placeholder:"FILE"`
	JSON     bool   `name:"json" help:"In JSON cho máy đọc."`
	IDs      bool   `name:"ids" help:"In kèm mã của từng mục, để dùng trong lệnh khác."`
	Loopback bool   `help:"Cho phép http:// tới chính máy này, để thử."`
}

// cli is the whole command line.
type cli struct {
	globals

	Enrol     enrolCmd   `cmd:"" help:"Nhận sổ bằng mã trên phiếu."`
	Recover   recoverCmd `cmd:"" help:"Quên mã PIN: mở lại sổ bằng mã mới của bí thư."`
	Rejoin    rejoinCmd  `cmd:"" help:"Máy chủ chưa biết máy này: nối lại sổ bằng mã mới của bí thư."`
	ChangePIN pinCmd     `cmd:"" name:"pin" help:"Đổi mã mở sổ."`

	Me          meCmd          `cmd:"" help:"Sổ này của ai."`
	Status      statusCmd      `cmd:"" help:"Còn gì chưa gửi, lần gửi nhận cuối."`
	Sync        syncCmd        `cmd:"" help:"Gửi và nhận."`
	Households  householdsCmd  `cmd:"" help:"Danh sách hộ."`
	Household   householdCmd   `cmd:"" help:"Trang của một hộ."`
	Show        showCmd        `cmd:"" help:"Một mục bất kỳ, theo mã."`
	Sheet       sheetCmd       `cmd:"" help:"Những gì chúng tôi ghi về hộ."`
	Members     membersCmd     `cmd:"" help:"Đảng viên của chi bộ: ai có máy, ai ghi thay ai."`
	Topics      topicsCmd      `cmd:"" help:"Nội dung trao đổi để chọn khi ghi lượt tiếp xúc."`
	Matters     mattersCmd     `cmd:"" help:"Lĩnh vực của kiến nghị."`
	Notices     noticesCmd     `cmd:"" help:"Thông báo, và ghi đã đọc, đã phổ biến."`
	Drafts      draftsCmd      `cmd:"" help:"Mục đang ghi dở."`
	Consent     consentCmd     `cmd:"" help:"Ghi câu trả lời của hộ về việc ghi sổ, chuyển kiến nghị."`
	Visit       visitCmd       `cmd:"" help:"Ghi lượt tiếp xúc."`
	Petition    petitionCmd    `cmd:"" help:"Ghi ý kiến, kiến nghị."`
	Contribute  contributeCmd  `cmd:"" help:"Ghi đóng góp."`
	Edit        editCmd        `cmd:"" help:"Sửa hộ, lượt tiếp xúc hoặc kiến nghị."`
	Delete      deleteCmd      `cmd:"" help:"Xóa một mục."`
	Check       checkCmd       `cmd:"" help:"Xem một câu có từ không nên ghi không."`
	Review      reviewCmd      `cmd:"" help:"Duyệt và trả lại (bí thư, phó bí thư)."`
	Assign      assignCmd      `cmd:"" help:"Phân công hộ cho đảng viên (bí thư, phó bí thư)."`
	Add         addCmd         `cmd:"" help:"Thêm hộ vào chi bộ (bí thư, phó bí thư)."`
	Member      memberCmd      `cmd:"" help:"Thêm, sửa đảng viên, nhờ người ghi thay (bí thư, phó bí thư)."`
	Notice      noticeCmd      `cmd:"" help:"Soạn, sửa thông báo của chi bộ (bí thư, phó bí thư)."`
	Initiative  initiativeCmd  `cmd:"" help:"Mô hình «Dân vận khéo», và tổng đóng góp."`
	Commend     commendCmd     `cmd:"" name:"commendation" help:"Biểu dương, khen thưởng."`
	SendUp      sendUpCmd      `cmd:"" help:"Gửi kiến nghị lên xã (bí thư, phó bí thư)."`
	Step        stepCmd        `cmd:"" help:"Ghi một bước xử lý kiến nghị."`
	Suggestions suggestionsCmd `cmd:"" help:"Thay đổi chờ bí thư quyết định."`
	Takeback    takebackCmd    `cmd:"" help:"Mục bị sửa chồng: giữ của mình hay để như đang ghi."`
	Mend        mendCmd        `cmd:"" help:"Mục máy chủ chưa nhận: xem, sửa, gửi lại, bỏ."`
	History     historyCmd     `cmd:"" help:"Các lần sửa của một mục (cần mạng)."`
	Devices     devicesCmd     `cmd:"" help:"Máy của chi bộ (cần mạng)."`
	Code        codeCmd        `cmd:"" help:"Cấp mã cho đảng viên (cần mạng)."`
	Revoke      revokeCmd      `cmd:"" help:"Thu hồi một máy (cần mạng)."`
	Confirm     confirmCmd     `cmd:"" help:"Xác nhận máy chạy bản sao (cần mạng)."`
}

// sayError is a failure of the command itself, with its sentence.
type sayError string

func (e sayError) Error() string       { return string(e) }
func (e sayError) UserMessage() string { return string(e) }

// errHelp ends a run that only printed help.
var errHelp = errors.New("help was printed")

// run does one command and gives the exit code.
func (h host) run(ctx context.Context, args []string) int {
	err := h.do(ctx, args)
	if err == nil || errors.Is(err, errHelp) {
		return 0
	}
	fmt.Fprintln(h.err, notebook.Say(err))
	return 1
}

func (h host) do(ctx context.Context, args []string) error {
	var c cli
	helped := false
	parser, err := kong.New(&c, kong.Name("book"), kong.Description("Sổ Dân Vận trên dòng lệnh."),
		kong.Writers(h.out, h.err), kong.Exit(func(int) { helped = true }), cmdline.Help())
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if helped {
		return errHelp
	}
	if err != nil {
		// The line itself is not repeated: it may hold the PIN.
		return sayError("Chưa hiểu lệnh này. Xem cách dùng: book --help, hoặc book LỆNH --help")
	}
	if c.Book == "" {
		c.Book = h.getenv("SODANVAN_BOOK")
	}
	if c.Book == "" {
		return sayError("Chưa chọn sổ. Thêm --book THƯ_MỤC hoặc đặt biến SODANVAN_BOOK.")
	}
	return k.Run(&env{Context: ctx, host: h, g: &c.globals})
}

// env is what a command runs in.
type env struct {
	context.Context
	host
	g *globals
}

// pin gives the PIN from where it was put.
func (e *env) pin() (string, error) {
	switch {
	case e.g.PIN != "":
		return e.g.PIN, nil
	case e.g.PINFile != "":
		return firstLine(e.g.PINFile)
	}
	if pin := e.getenv("SODANVAN_PIN"); pin != "" {
		return pin, nil
	}
	return "", sayError("Chưa có mã mở sổ. Thêm --pin-file TỆP hoặc đặt biến SODANVAN_PIN.")
}

func firstLine(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", sayError("Không đọc được tệp có mã mở sổ. Xem lại đường dẫn sau --pin-file.")
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line), nil
}

// with opens the book for one action.
func (e *env) with(do func(n *notebook.Notebook) error) error {
	pin, err := e.pin()
	if err != nil {
		return err
	}
	n, err := notebook.Open(e, e.options(e.g), pin)
	if err != nil {
		return err
	}
	defer n.Close()
	return do(n)
}

// give prints what a command gives: the value as JSON, or text.
func (e *env) give(value any, text func(p *printer)) error {
	if e.g.JSON {
		enc := json.NewEncoder(e.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(value)
	}
	p := &printer{ids: e.g.IDs}
	text(p)
	_, err := io.WriteString(e.out, p.b.String())
	return err
}

// saved prints what an action gave back.
func (e *env) saved(s notebook.Saved, err error) error {
	if err != nil {
		return err
	}
	return e.give(s, func(p *printer) {
		p.line(0, s.Receipt.Text, p.id(s.ID))
		if s.Number != "" {
			p.line(0, words.Slip(s.Number))
		}
		if len(s.Warned) > 0 {
			p.line(0, words.Warned(s.Warned))
		}
	})
}

// done prints that an action without a result is done.
func (e *env) done(text string, err error) error {
	if err != nil {
		return err
	}
	return e.give(map[string]bool{"done": true}, func(p *printer) { p.line(0, text) })
}

// timeText gives a time for a person, nothing for none.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return words.AtWithYear(t)
}
