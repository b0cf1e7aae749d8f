package cmdline_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"sodanvan/shared/cmdline"
)

func TestHelpIsVietnamese(t *testing.T) {
	var c struct {
		Ghi struct {
			Ten string `arg:"" help:"Tên hộ."`
			Day string `help:"Ngày."`
		} `cmd:"" help:"Ghi lượt tiếp xúc."`
		Xem struct{} `cmd:"" help:"Xem."`
	}
	for _, args := range [][]string{{"--help"}, {"ghi", "--help"}} {
		var out bytes.Buffer
		k, err := kong.New(&c, kong.Name("so"), kong.Writers(&out, &out), kong.Exit(func(int) {}), cmdline.Help())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = k.Parse(args)
		for _, english := range []string{"Usage", "Flags", "Arguments", "Commands", "Run \"", "Show context", "[flags]", "<command>"} {
			if strings.Contains(out.String(), english) {
				t.Errorf("%v: %q in\n%s", args, english, out.String())
			}
		}
		if !strings.Contains(out.String(), "Cách dùng: so") {
			t.Errorf("%v:\n%s", args, out.String())
		}
	}
}
