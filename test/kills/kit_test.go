package kills

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/test/probe"
)

// TestMain is also the app that is killed: the test starts its own program again.
func TestMain(m *testing.M) {
	if dir := os.Getenv(writerBook); dir != "" {
		os.Exit(writerMain(dir, os.Getenv(writerSeed)))
	}
	os.Exit(probe.Main(m))
}

// setting gives a number from the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q is no number", name, text)
	}
	return n
}

// moments gives how many kills there are to be and the chance that they come from; a test
// that fails says how to try the same moments again.
func moments(t *testing.T) (kills int, chance *rand.Rand) {
	t.Helper()
	seed := setting(t, "KILLS_SEED", 1)
	kills = int(setting(t, "KILLS", 20))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again: KILLS=%d KILLS_SEED=%d go test ./test/kills -run '^%s$'", kills, seed, t.Name())
		}
	})
	return kills, rand.New(rand.NewPCG(seed, 9))
}

// sound asks SQLite itself about a file, past the code of either side.
func sound(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var says string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&says); err != nil || says != "ok" {
		t.Fatalf("%s: %q %v", filepath.Base(path), says, err)
	}
}

// cheap makes a guess at a PIN cost nothing: these tests are not about that.
var cheap = seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}

const pin = "271828"

func options(dir string) notebook.Options {
	return notebook.Options{Dir: dir, PIN: cheap, Remote: notebook.ViaNetwork(notebook.Network{})}
}

// opened is a real book, open, with its way to the server.
type opened struct {
	*notebook.Notebook
	store *store.Store
}

func open(ctx context.Context, dir string) (opened, error) {
	st, err := store.Open(ctx, store.Options{Dir: dir, PIN: cheap}, pin, seal.NoDeviceSecret{})
	if err != nil {
		return opened{}, err
	}
	n, err := notebook.Over(st, options(dir))
	return opened{n, st}, err
}

// enrolled makes the book of a member as the app does; it is filled and closed.
func enrolled(t *testing.T, s *probe.Server, member book.ID) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "book")
	inv := seal.Invitation{Code: s.Codes(t, member), Address: s.URL()}
	n, err := notebook.Enrol(t.Context(), options(dir), notebook.Network{}, notebook.Join{Invitation: inv.Text(), DeviceName: "máy thử (bịa)"}, pin)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if _, err := n.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// agree records that all households of a book let notes be kept.
func (b opened) agree(ctx context.Context) error {
	for _, h := range b.Households(notebook.Query{}) {
		_, err := b.RecordConsent(ctx, notebook.NewConsent{Household: h.ID, Purpose: pb.Purpose_PURPOSE_KEEP,
			Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "1", Channel: pb.Channel_CHANNEL_SPOKEN})
		if err != nil {
			return err
		}
	}
	return nil
}

// settle syncs once and looks that nothing is left over: all is sent, nothing was refused,
// the sums of both sides agree.
func (b opened) settle(t *testing.T) {
	t.Helper()
	if _, err := b.Sync(t.Context()); err != nil {
		t.Fatalf("sync after a kill: %v", err)
	}
	snap := b.store.Snapshot()
	st := snap.State()
	if len(st.Differs) > 0 || st.SumDiffers {
		t.Errorf("the book and the server differ: %v", st.Differs)
	}
	if n, m := unsent(snap), len(snap.Mend()); n+m+snap.Damaged()+len(st.Fillings) > 0 {
		t.Errorf("after a sync: %d unsent, %d refused, %d unreadable, %d being fetched", n, m, snap.Damaged(), len(st.Fillings))
	}
}

// unsent is how many changes the server does not have; drafts are not sent.
func unsent(snap *store.Snapshot) int { return snap.Unsent() - len(snap.Drafts()) }

// numbered looks at the outbox: the keys rise, and the numbers without an answer run without
// a gap or a repetition.
func numbered(snap *store.Snapshot) error {
	st := snap.State()
	var key uint64
	found := map[uint64]bool{}
	for o := range snap.Ops() {
		if o.Key <= key || o.Key > st.LastKey {
			return fmt.Errorf("key %d after %d, the last one being %d", o.Key, key, st.LastKey)
		}
		key = o.Key
		if o.Device != st.Identity.Device || o.Number <= st.Confirmed {
			continue
		}
		if found[o.Number] || o.Number > st.LastNumber {
			return fmt.Errorf("number %d comes twice or is above %d", o.Number, st.LastNumber)
		}
		found[o.Number] = true
	}
	for n := st.Confirmed + 1; n <= st.LastNumber; n++ {
		if !found[n] {
			return fmt.Errorf("number %d of %d to %d is missing", n, st.Confirmed+1, st.LastNumber)
		}
	}
	return nil
}

// note is the text of a visit or petition in a body.
func note(kind pb.Kind, body []byte) (string, error) {
	switch kind {
	case pb.Kind_KIND_VISIT:
		var v pb.Visit
		_, err := lww.Decode(body, &v)
		return v.GetNote(), err
	case pb.Kind_KIND_PETITION:
		var p pb.Petition
		_, err := lww.Decode(body, &p)
		return p.GetNumber() + " " + p.GetText(), err
	}
	return "", fmt.Errorf("no text in a %s", kind)
}

// text gives a text that is greater, as strings are, than all texts of the same writer
// before it: a change that was written but not yet said is then told from one that was lost.
func text(life, n uint64, long int) string {
	return fmt.Sprintf("%06d.%06d ghi chép bịa%s", life, n, strings.Repeat(" dài thêm", long))
}
