// Command syncserver is the server of Sổ Dân Vận: it keeps the book of a commune, brings
// the phones of its members together, and holds the administrator's tools.
//
//	syncserver serve                          run it; works without any flag
//	syncserver demo                           try it with invented people, nothing is kept
//	syncserver import roster FILE --commune   take a roster workbook in
//	syncserver enrol                          make codes and slips for phones
//	syncserver member | device                people and their phones
//	syncserver status | stuck | check         how it is, what waits, and whether the data are sound
//	syncserver backup                         a sealed copy, also while it runs
//	syncserver restore --from FILE --key KEY  put one back
//	syncserver takeover                       after that: rows of the commune that phones still have
//	syncserver erase HOUSEHOLD                delete a household for good
//
// All commands but serve and restore open the data directory themselves, also while serve runs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"sodanvan/shared/cmdline"
	"sodanvan/syncserver/registry"
)

// version is set by the linker of a release; else the build tells.
var version = ""

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "bản đang phát triển"
}

// defaultData is beside where the command runs: visible, and easy to copy.
const defaultData = "so-dan-van-data"

type cli struct {
	Data    string      `help:"Thư mục dữ liệu của máy chủ. Mặc định: ${data}." default:"${data}" env:"SODANVAN_DATA" placeholder:"THƯ-MỤC"`
	Version versionFlag `help:"In phiên bản rồi thoát."`

	Serve  serveCmd  `cmd:"" help:"Chạy máy chủ. Không cần tham số nào."`
	Demo   demoCmd   `cmd:"" help:"Chạy thử với một thị trấn bịa, trong thư mục tạm, và in mã nhận sổ."`
	Import importCmd `cmd:"" help:"Nhập dữ liệu từ bảng tính."`
	Enrol  enrolCmd  `cmd:"" help:"Cấp mã đăng ký máy: một mã, hoặc phiếu in cho cả chi bộ."`
	Member memberCmd `cmd:"" help:"Xem, thêm đảng viên, cán bộ và đặt vai trò."`
	Device deviceCmd `cmd:"" help:"Xem và thu hồi máy."`
	Status statusCmd `cmd:"" help:"Cho biết tình trạng máy chủ và những việc cần làm."`
	Stuck  stuckCmd  `cmd:"" help:"Liệt kê những gì đang mắc kẹt: thay đổi bị từ chối, đề nghị đang chờ, máy lâu không kết nối."`
	Check  checkCmd  `cmd:"" help:"Kiểm tra dữ liệu có hư hỏng không, và liệt kê những gì đang mắc kẹt."`

	Backup  backupCmd  `cmd:"" help:"Sao lưu đã niêm phong, cả khi máy chủ đang chạy."`
	Restore restoreCmd `cmd:"" help:"Khôi phục từ bản sao lưu, khi máy chủ đã dừng."`

	Takeover takeoverCmd `cmd:"" help:"Sau khi khôi phục: mục của xã mà các máy còn giữ."`
	Erase    eraseCmd    `cmd:"" help:"Xóa hẳn một hộ theo yêu cầu của hộ."`
}

type versionFlag bool

func (versionFlag) BeforeReset(k *kong.Kong) error {
	fmt.Fprintln(k.Stdout, "Sổ Dân Vận. Phiên bản: "+versionText())
	k.Exit(0)
	return nil
}

// session is what a command works with.
type session struct {
	ctx            context.Context
	stdout, stderr io.Writer
	data           string
}

// open opens the registry for a command. A command of an administrator must not make an
// empty book because it was started in the wrong directory; create says that this one may.
func (s *session) open(create bool, o registry.Options) (*registry.Registry, error) {
	if !create && !hasData(s.data) {
		return nil, say("Không thấy dữ liệu của máy chủ trong thư mục %s; hãy chỉ đúng thư mục bằng --data, hoặc chạy “serve” hay “import roster” trước.", s.data)
	}
	return registry.Open(s.ctx, s.data, o)
}

// hasData tells whether a server has ever used the directory. Where nobody may look, it
// says yes: opening then tells what is wrong.
func hasData(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "server.db"))
	return !errors.Is(err, fs.ErrNotExist)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// exited is thrown by kong after --help and --version.
type exited int

// run is the whole program, for main and the tests. It gives the exit code: 0, or 1 after
// one sentence on stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if v := recover(); v != nil {
			e, ok := v.(exited)
			if !ok {
				panic(v)
			}
			code = int(e)
		}
	}()
	var c cli
	parser, err := kong.New(&c,
		kong.Name("syncserver"),
		kong.Description("Máy chủ Sổ Dân Vận."),
		kong.Vars{"data": defaultData},
		kong.Writers(stdout, stderr),
		kong.Exit(func(n int) { panic(exited(n)) }),
		cmdline.Help(),
	)
	if err != nil {
		panic(err) // the structs above are wrong: no user can cause it
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, parseSentence(err))
		return 1
	}
	s := &session{ctx: ctx, stdout: stdout, stderr: stderr, data: filepath.Clean(c.Data)}
	err = finishRestore(s.data)
	if err == nil {
		err = parsed.Run(s)
	}
	if err != nil {
		fmt.Fprintln(stderr, sentence(err))
		return 1
	}
	return 0
}
