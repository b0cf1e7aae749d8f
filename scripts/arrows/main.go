// Command arrows checks that imports go one way, as ARCHITECTURE.md draws them: it is run
// by make check and fails with one line a wrong arrow.
package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// rule: packages below from may not import packages below to.
type rule struct{ from, to, why string }

var rules = []rule{
	{"shared/", "app/", "shared imports neither side"},
	{"shared/", "syncserver/", "shared imports neither side"},
	{"app/", "syncserver/", "the app never sees the server"},
	{"syncserver/", "app/", "the server never sees the app"},
	{"shared/lww", "shared/book", "the merge knows no kind of record"},
	{"app/ui/", "app/store", "screens call the notebook only"},
	{"app/ui/", "app/syncing", "screens call the notebook only"},
	{"app/book", "app/store", "the command calls the notebook only"},
	{"app/book", "app/syncing", "the command calls the notebook only"},
	{"app/syncing", "app/notebook", "use cases call the sync, not the reverse"},
	{"app/store", "app/notebook", "use cases call the store, not the reverse"},
	{"app/store", "app/syncing", "the store knows no protocol"},
	{"syncserver/api", "syncserver/store", "handlers call the registry only"},
	{"syncserver/console", "syncserver/store", "pages call the registry only"},
	{"syncserver/registry", "syncserver/api", "use cases know no transport"},
	{"syncserver/store", "syncserver/registry", "the store knows no use case"},
}

// sql may be imported by store packages and by tests only.
const sqlImport = "database/sql"

func main() {
	wrong := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata" || d.Name() == "build") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		path = filepath.ToSlash(path)
		test := strings.HasSuffix(path, "_test.go")
		for _, i := range f.Imports {
			imp, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if imp == sqlImport && !test && !strings.Contains(path, "/store/") && !strings.HasPrefix(path, "test/") {
				fmt.Printf("%s imports %s: only store packages know SQL\n", path, imp)
				wrong++
			}
			to, ours := strings.CutPrefix(imp, "sodanvan/")
			if !ours || test {
				continue
			}
			for _, r := range rules {
				if strings.HasPrefix(path, r.from) && strings.HasPrefix(to+"/", r.to) {
					fmt.Printf("%s imports %s: %s\n", path, to, r.why)
					wrong++
				}
			}
		}
		return nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if wrong > 0 {
		os.Exit(1)
	}
}
