// Package cmdline makes the help of both programs' commands Vietnamese: kong has no
// translations of its own. The two mains call it.
package cmdline

import (
	"bytes"
	"strings"

	"github.com/alecthomas/kong"
)

// helpWords are kong's own words, each at the start of a line or the end of one.
var helpWords = strings.NewReplacer(
	"Usage: ", "Cách dùng: ",
	"Arguments:\n", "Đối số:\n",
	"Flags:\n", "Tham số:\n",
	"Commands:\n", "Các lệnh:\n",
	" [flags]", " [tham số]",
	" <command>", " <lệnh>",
	`Run "`, `Gõ "`,
	`--help" for more information on a command.`, `--help" để xem cách dùng một lệnh.`,
	`--help" for more information.`, `--help" để xem thêm.`,
)

// Help gives the options that a parser needs to help in Vietnamese.
func Help() kong.Option {
	return kong.OptionFunc(func(k *kong.Kong) error {
		for _, o := range []kong.Option{
			kong.Help(print),
			kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
			kong.PostBuild(func(k *kong.Kong) error {
				k.Model.HelpFlag.Help = "Xem hướng dẫn."
				return nil
			}),
		} {
			if err := o.Apply(k); err != nil {
				return err
			}
		}
		return nil
	})
}

func print(o kong.HelpOptions, ctx *kong.Context) error {
	var b bytes.Buffer
	out := ctx.Stdout
	ctx.Stdout = &b
	defer func() { ctx.Stdout = out }()
	if err := kong.DefaultHelpPrinter(o, ctx); err != nil {
		return err
	}
	_, err := helpWords.WriteString(out, b.String())
	return err
}
