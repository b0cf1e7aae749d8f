// Command fynedo checks that widgets are touched on the screen's thread only. Below app/ui
//
//   - goroutines and timers are started in ui/frame/async.go and nowhere else (tests and
//     builds with the tag walk excepted);
//   - in that file what comes back calls its callbacks inside fyne.Do;
//   - the work that is given to Go, Do, Load and Follow touches no widget and no frame: it
//     calls nothing that draws, moves, opens or says, and reads no field's text.
//
// It is run by make check and prints one line a finding.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// async is the one file that may start goroutines.
const async = "app/ui/frame/async.go"

// touching are methods of widgets, screens and the frame.
var touching = map[string]bool{
	"SetText": true, "SetWords": true, "SetSign": true, "SetStyle": true, "SetTitle": true, "SetEmpty": true, "SetRaw": true, "SetContent": true,
	"Refresh": true, "Show": true, "Hide": true, "Enable": true, "Disable": true, "Resize": true, "Move": true, "Choose": true, "Chosen": true,
	"Fit": true, "Reveal": true, "Push": true, "PushOver": true, "Replace": true, "Pop": true, "PopTo": true, "Remove": true, "Swap": true, "Lock": true, "Aside": true, "Back": true, "Only": true, "SetTabs": true,
	"Tell": true, "Warn": true, "Fail": true, "Ask": true, "Cover": true, "Uncover": true, "Copy": true, "Changed": true, "Redraw": true, "Focus": true, "Unfocus": true,
}

// workAt says which argument of a call runs off the screen's thread.
var workAt = map[string]int{"Go": 0, "Follow": 0, "Do": 1, "Load": 1}

func main() {
	findings := 0
	err := filepath.WalkDir("app/ui", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		got, err := check(filepath.ToSlash(path), src)
		for _, f := range got {
			fmt.Println(f)
		}
		findings += len(got)
		return err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if findings > 0 {
		os.Exit(1)
	}
}

// check gives the findings in one file.
func check(path string, src []byte) ([]string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	for _, group := range file.Comments {
		if strings.Contains(group.Text(), "go:build walk") || strings.HasPrefix(group.List[0].Text, "//go:build walk") {
			return nil, nil
		}
	}
	var found []string
	say := func(n ast.Node, what string) {
		found = append(found, fmt.Sprintf("%s: %s", set.Position(n.Pos()), what))
	}
	for _, decl := range file.Decls {
		ast.Inspect(decl, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if path != async {
					say(n, "a goroutine is started outside "+async+": use Frame.Go or frame.Load")
				}
			case *ast.CallExpr:
				name, on := called(n)
				if on == "time" && (name == "AfterFunc" || name == "NewTimer" || name == "NewTicker" || name == "After" || name == "Tick") && path != async {
					say(n, "a timer is started outside "+async)
				}
				at, ok := workAt[name]
				if !ok || on == "fyne" || on == "kit" || len(n.Args) <= at {
					return true
				}
				if lit, ok := n.Args[at].(*ast.FuncLit); ok {
					work(lit, say)
				}
			}
			return true
		})
	}
	return found, nil
}

// called gives the name of what is called, and what stands before its dot.
func called(c *ast.CallExpr) (name, on string) {
	fun := c.Fun
	if ix, ok := fun.(*ast.IndexExpr); ok { // Load[T]
		fun = ix.X
	}
	switch f := fun.(type) {
	case *ast.Ident:
		return f.Name, ""
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return f.Sel.Name, x.Name
		}
		return f.Sel.Name, "?"
	}
	return "", ""
}

// work finds what touches a widget in a function that runs off the screen's thread; what
// it hands to fyne.Do is on it again.
func work(lit *ast.FuncLit, say func(ast.Node, string)) {
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name, on := called(n)
			if on == "fyne" && (name == "Do" || name == "DoAndWait") {
				return false
			}
			if _, method := n.Fun.(*ast.SelectorExpr); method && touching[name] && !settled(on) {
				say(n, "work off the screen's thread calls "+name+": do it in what comes after")
			}
		case *ast.SelectorExpr:
			if n.Sel.Name == "Text" {
				if _, field := n.X.(*ast.SelectorExpr); field {
					say(n, "work off the screen's thread reads a field's text: read it before")
				}
			}
		}
		return true
	})
}

// settled are packages and values with methods of these names that draw nothing.
func settled(on string) bool {
	return on == "strings" || on == "book" || on == "notebook" || on == "words" || on == "n"
}
