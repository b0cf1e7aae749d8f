package book

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// TestEveryRuleHasASentence reads the source: every refusal names its rule by a constant,
// every constant is used and has a sentence, and no sentence is left over.
func TestEveryRuleHasASentence(t *testing.T) {
	rules := map[string]string{}
	used := map[string]bool{}
	position := map[string]int{"refuse": 2, "invalid": 1, "badWire": 1, "notYours": 1, "cannotReview": 1, "noConsent": 1}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if strings.HasPrefix(name.Name, "rule") && i < len(n.Values) {
						if lit, ok := n.Values[i].(*ast.BasicLit); ok {
							rules[name.Name], _ = strconv.Unquote(lit.Value)
							return false
						}
					}
				}
			case *ast.FuncDecl:
				if position[n.Name.Name] != 0 {
					return false
				}
			case *ast.KeyValueExpr:
				// The table of sentences uses every constant and proves nothing.
				if id, ok := n.Key.(*ast.Ident); ok && strings.HasPrefix(id.Name, "rule") {
					return false
				}
			case *ast.CallExpr:
				id, ok := n.Fun.(*ast.Ident)
				if !ok || position[id.Name] == 0 {
					return true
				}
				if _, ok := n.Args[position[id.Name]].(*ast.BasicLit); ok {
					t.Errorf("%s: a rule without a constant", path)
				}
			case *ast.Ident:
				used[n.Name] = true
			}
			return true
		})
	}
	if len(rules) < 40 {
		t.Fatalf("found only %d rules", len(rules))
	}
	names := map[string]bool{}
	for constant, name := range rules {
		names[name] = true
		if !used[constant] {
			t.Errorf("%s refuses nothing", constant)
		}
		if sentences[name] == "" {
			t.Errorf("%s has no sentence", constant)
		}
	}
	for _, name := range Rules() {
		if !names[name] {
			t.Errorf("sentence of %q, which is no rule", name)
		}
	}
}

// TestSentences: each says what happened and, after a semicolon or comma, what to do.
func TestSentences(t *testing.T) {
	check := func(name, s string) {
		t.Helper()
		if !strings.HasSuffix(s, ".") || strings.Count(s, ".") > 1 {
			t.Errorf("%s is not one sentence: %s", name, s)
		}
		if !strings.Contains(s, "hãy ") {
			t.Errorf("%s does not say what to do: %s", name, s)
		}
	}
	for name, s := range sentences {
		check(name, s)
		if got := (&Refusal{Rule: name}).UserMessage(); got != s {
			t.Errorf("%s: %s", name, got)
		}
	}
	for n, name := range pb.RefusalCode_name {
		if n != 0 && codeSentences[pb.RefusalCode(n)] == "" {
			t.Errorf("%s has no sentence", name)
		}
		check(name, (&Refusal{Code: pb.RefusalCode(n), Rule: "a rule of a later version"}).UserMessage())
	}
}

func TestRefusalIsAnError(t *testing.T) {
	var err error = fmt.Errorf("change 7: %w", invalid(4, ruleTooLong))
	for target, want := range map[*Refusal]bool{
		{}: true, {Code: pb.RefusalCode_REFUSAL_CODE_INVALID}: true, {Code: pb.RefusalCode_REFUSAL_CODE_CLOSED}: false,
		{Field: 4}: true, {Field: 5}: false, {Rule: ruleTooLong}: true, {Rule: ruleTooMany}: false,
	} {
		if errors.Is(err, target) != want {
			t.Errorf("is %+v: %v", *target, !want)
		}
	}
	var r *Refusal
	if !errors.As(err, &r) || r.Field != 4 {
		t.Errorf("%v", r)
	}
	if again := RefusalFrom(r.Proto()); *again != *r {
		t.Errorf("%+v", again)
	}
	if RefusalFrom(nil) != nil || (*Refusal)(nil).Proto() != nil {
		t.Error("nothing is not a refusal")
	}
	if got := r.UserMessageFor(pb.Kind_KIND_VISIT); got != "Ghi chép: Nội dung quá dài; hãy rút gọn rồi lưu lại." {
		t.Error(got)
	}
	if strings.Contains(r.Error(), "Nội dung") || !strings.Contains(r.Error(), ruleTooLong) {
		t.Error(r.Error())
	}
	wire, err := proto.Marshal(r.Proto())
	if err != nil || len(wire) == 0 {
		t.Error(err)
	}
}
