package handover

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
)

// The new member's phone has no room, and is out of reach for days. The household waits for
// it; meanwhile its past member has let go, and the branch goes on.
func TestTheNewMembersPhoneIsFullForDays(t *testing.T) {
	s := before(t)
	b, binh, cuc, hoa := s.branch, s.binh, s.cuc, s.hoa
	for i := range 60 {
		binh.visit(s.dat, fmt.Sprint("lần dài ", i, " ", strings.Repeat("nước lên đồng ", 30)))
	}
	binh.sync()
	cuc.restart(pagesOf(t, cuc))
	own := notebook.ID(cuc.Households(notebook.Query{})[0].ID)
	b.assign(s.dat, cuc)
	s.work()
	binh.sync()
	binh.nothingOf(s.dat)

	for range 3 {
		b.later(1)
		_, err := cuc.Notebook.Sync(t.Context())
		full := new(store.FullError)
		if !errors.As(err, &full) {
			t.Fatalf("a full phone syncs: %v", err)
		}
		b.wantText("what Cúc reads", notebook.Say(err), full.UserMessage())
		if st := cuc.State(); st.Safe && cuc.heads(true) != "Mai" {
			t.Errorf("half a household is called safe: %q", st.Lines)
		}
		b.wantText("Cúc's own household", headOf(cuc, own), "Mai")
		hoa.sync()
		b.want("the desk", hoa.waiting(), allSuggestions)
		b.sound()
	}
	b.later(20)
	cuc.restart(0)
	cuc.sync()
	cuc.atRest()
	b.wantText("Cúc's households", cuc.heads(false), "Mai Đạt")
	if got, want := cuc.visits(s.dat), hoa.visits(s.dat); len(got) != 65 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("Cúc reads %d visits, the secretary %d", len(got), len(want))
	}
	b.want("the petitions that Cúc reads", cuc.petitions(s.dat), []string{"đường ngập / Bình / " + stored})
	cuc.visit(s.dat, "lần mới")
	cuc.sync()
	b.sound()
}

// headOf is the head of a household as a book lists it.
func headOf(p *phone, id notebook.ID) string {
	for _, h := range p.Households(notebook.Query{}) {
		if h.ID == id {
			return h.Head
		}
	}
	return ""
}

// pagesOf is how many pages a phone's book takes now.
func pagesOf(t *testing.T, p *phone) int {
	t.Helper()
	var size int64
	files, err := filepath.Glob(filepath.Join(p.options.Dir, "*.db"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	return int(size/4096) + 2
}
