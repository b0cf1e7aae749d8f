package hostile

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/test/probe"
)

// clock is a wall clock that a test may move.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time         { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) move(d time.Duration)   { c.ahead.Add(int64(d)) }
func frozen(at time.Time) *stoppedClock { return &stoppedClock{at: at.UnixNano()} }

// stoppedClock only moves when it is told to.
type stoppedClock struct {
	at   int64
	more atomic.Int64
}

func (c *stoppedClock) now() time.Time       { return time.Unix(0, c.at+c.more.Load()) }
func (c *stoppedClock) move(d time.Duration) { c.more.Add(int64(d)) }

// vietnamese are letters that no English sentence has.
var vietnamese = regexp.MustCompile(`[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹáàãéèíìóòõúùýĂÂĐÊÔƠƯ]`)

// jargon are words of programs that a member of a branch must not read.
var jargon = regexp.MustCompile(`(?i)\berror\b|\bfail|sqlite|panic|goroutine|\.go:|tls:|x509|\beof\b|\bnil\b|problem_code|\b0x`)

// spoken checks that a text is what a person should read: Vietnamese, on one line, closed
// with a full stop, without a program's words.
func spoken(t testing.TB, sentence string) {
	t.Helper()
	switch {
	case !vietnamese.MatchString(sentence):
		t.Errorf("not a Vietnamese sentence: %q", sentence)
	case strings.Contains(sentence, "\n"):
		t.Errorf("more than one line: %q", sentence)
	case !strings.HasSuffix(sentence, ".") && !strings.HasSuffix(sentence, "?"):
		t.Errorf("the sentence has no end: %q", sentence)
	case jargon.MatchString(sentence):
		t.Errorf("a program's words: %q", sentence)
	}
}

// refused checks that err is the server's typed problem with its sentence.
func refused(t testing.TB, err error, want pb.ProblemCode) *pb.Problem {
	t.Helper()
	p := probe.ProblemOf(err)
	if p == nil {
		p = syncing.ProblemOf(err)
	}
	if p == nil {
		t.Fatalf("no typed problem but %v, want %s", err, want)
	}
	if p.GetCode() != want {
		t.Fatalf("%s (%q), want %s", p.GetCode(), p.GetSentence(), want)
	}
	spoken(t, p.GetSentence())
	return p
}

// said checks that an error of the app carries its sentence.
func said(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	var u interface{ UserMessage() string }
	if !errors.As(err, &u) {
		t.Fatalf("an error without a sentence: %v", err)
	}
	spoken(t, u.UserMessage())
	return u.UserMessage()
}

// cheap makes a guess at a PIN cost nothing: these tests are not about that.
var cheap = seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}

const pin = "271828"

// realPhone is one: book, engine and use cases, with a way to the server that a test
// may bend.
type realPhone struct {
	*notebook.Notebook
	store  *store.Store
	engine *syncing.Engine
	client *syncing.Client
	dir    string
}

// dialer goes to one address whatever it is asked for.
func dialer(address string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
}

// invitation is what the slip of a member says.
func invitation(t testing.TB, s *probe.Server, member book.ID) seal.Invitation {
	t.Helper()
	return seal.Invitation{Code: s.Codes(t, member), Address: s.URL()}
}

// joined enrols a real phone and makes its book.
func joined(t testing.TB, s *probe.Server, member book.ID, o store.Options, n syncing.Options) *realPhone {
	t.Helper()
	id, err := syncing.Enrol(t.Context(), invitation(t, s, member), "", "máy thử (bịa)", n)
	if err != nil {
		t.Fatal(err)
	}
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "book")
	}
	o.PIN = cheap
	st, err := store.Create(t.Context(), o, id, pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	return over(t, st, o, n)
}

// over makes a phone of an open book.
func over(t testing.TB, st *store.Store, o store.Options, n syncing.Options) *realPhone {
	t.Helper()
	p := &realPhone{store: st, engine: syncing.New(st, syncing.Config{}), dir: o.Dir}
	var err error
	if p.client, err = syncing.NewClient(func() store.Identity { return st.Snapshot().State().Identity }, n); err != nil {
		t.Fatal(err)
	}
	if p.Notebook, err = notebook.Over(st, notebook.Options{Dir: o.Dir, Now: o.Now, PIN: cheap}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.client.Close(); st.Close() })
	return p
}

// reopened closes the book and opens it again, as after a restart.
func (p *realPhone) reopened(t testing.TB, o store.Options, n syncing.Options) *realPhone {
	t.Helper()
	p.client.Close()
	if err := p.store.Close(); err != nil {
		t.Fatal(err)
	}
	o.Dir, o.PIN = p.dir, cheap
	st, err := store.Open(t.Context(), o, pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	return over(t, st, o, n)
}

// sync runs until nothing is left to do.
func (p *realPhone) sync(t testing.TB) syncing.Outcome {
	t.Helper()
	p.engine.Kick()
	out, err := syncing.Run(t.Context(), p.engine, p.store, p.client)
	if err != nil {
		t.Fatalf("sync: %v", err)
	}
	return out
}

// synced is sync that must go well.
func (p *realPhone) synced(t testing.TB) {
	t.Helper()
	if out := p.sync(t); out.Kind != syncing.Rest {
		t.Fatalf("sync ended with %s: %s (%s)", out.Kind, out.Sentence, out.Problem)
	}
}

// first gives the member's first household.
func (p *realPhone) first(t testing.TB) notebook.HouseholdLine {
	t.Helper()
	hs := p.Households(notebook.Query{})
	if len(hs) == 0 {
		t.Fatal("no household")
	}
	return hs[0]
}

// agreed records that a household agreed to notes.
func (p *realPhone) agreed(t testing.TB, household notebook.ID) {
	t.Helper()
	if _, err := p.RecordConsent(t.Context(), notebook.NewConsent{Household: household, Purpose: pb.Purpose_PURPOSE_KEEP,
		Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "1", Channel: pb.Channel_CHANNEL_SPOKEN}); err != nil {
		t.Fatal(err)
	}
}

// visited records a visit with a note.
func (p *realPhone) visited(t testing.TB, household notebook.ID, note string) notebook.ID {
	t.Helper()
	s, err := p.RecordVisit(t.Context(), notebook.NewVisit{Household: household, Contact: pb.Contact_CONTACT_AT_HOME, Note: note})
	if err != nil {
		t.Fatal(err)
	}
	return s.ID
}

// agreedOn is a probe phone whose first household agreed to notes; op 1 is used.
func agreedOn(t testing.TB, p *probe.Phone, head string) book.ID {
	t.Helper()
	p.Sync()
	h := p.Household(head)
	p.Sync(p.Consent(h, pb.Purpose_PURPOSE_KEEP))
	p.Stored(p.Last)
	return h
}
