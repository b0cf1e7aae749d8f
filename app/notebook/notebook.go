package notebook

import (
	"context"
	"crypto/rand"
	"io"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
)

// Options says where the book lies and what comes from outside.
type Options struct {
	// Dir is the folder of the book; an absolute path on Android.
	Dir string
	// Now is the phone's clock; nil: time.Now.
	Now func() time.Time
	// Rand is the source of ids and keys; nil: crypto/rand.
	Rand io.Reader
	// Device keeps a secret outside the file; nil: this device keeps none.
	Device seal.DeviceSecret
	// Desktop asks for a longer PIN, because a desk keeps no device secret.
	Desktop bool
	// PIN is the cost of a guess; zero: seal's own. Tests make it cheap.
	PIN seal.Params
	// Remote makes the way to the server for an open book; nil: none, and what needs the
	// server is ErrOffline. App and command pass ViaNetwork.
	Remote func(*store.Store) (Remote, error)
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

func (o Options) rand() io.Reader {
	if o.Rand == nil {
		return rand.Reader
	}
	return o.Rand
}

func (o Options) device() seal.DeviceSecret {
	if o.Device == nil {
		return seal.NoDeviceSecret{}
	}
	return o.Device
}

func (o Options) store() store.Options {
	return store.Options{Dir: o.Dir, Rand: o.rand(), Now: o.now, PIN: o.PIN}
}

// Notebook is an open book. Its methods may be called from any goroutine; those that
// write take their turn, those that read wait for nobody.
type Notebook struct {
	o      Options
	store  *store.Store
	remote Remote

	// write is held from the check of a change to its place in the outbox. Under it:
	// sitting names the edits of one record that follow each other with nothing between,
	// which may join into one change; at is that record.
	write   sync.Mutex
	sitting string
	at      book.ID
	// list is the list of households of the last snapshot that was asked for.
	list atomic.Pointer[listing]
	// queue is what waited for a verdict in the last snapshot that was asked for it.
	queue atomic.Pointer[queue]
	// trouble is the sentence of the last sync that failed; nil or "": none.
	trouble atomic.Pointer[string]
	live    *live
	// open ends with Close.
	open  context.Context
	close context.CancelFunc
	// space asks how much room is left in the book's folder.
	space func() (uint64, error)
}

// Open opens the book in o.Dir with its PIN. It takes the time of a guess at the PIN: call
// it off the screen's thread. Errors are those of store.Open: a wrong PIN is told as it is a
// few times, then *WaitError, and a *DirError.
func Open(ctx context.Context, o Options, pin string) (*Notebook, error) {
	if err := o.checkDir(); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, o.store(), pin, o.device())
	if err != nil {
		return nil, err
	}
	return Over(s, o)
}

// Create makes the book of a phone that just enrolled; the error of a PIN that is too
// short or too simple is seal's. Enrol calls it.
func Create(ctx context.Context, o Options, id store.Identity, pin string) (*Notebook, error) {
	if err := o.checkNew(pin); err != nil {
		return nil, err
	}
	s, err := store.Create(ctx, o.store(), id, pin, o.device())
	if err != nil {
		return nil, err
	}
	return Over(s, o)
}

// Over makes a notebook of a store that is open already; it closes the store where it fails.
func Over(s *store.Store, o Options) (*Notebook, error) {
	n := &Notebook{o: o, store: s, live: newLive(), space: func() (uint64, error) { return store.Free(o.Dir) }}
	n.open, n.close = context.WithCancel(context.Background())
	if o.Remote != nil {
		remote, err := o.Remote(s)
		if err != nil {
			n.close()
			s.Close()
			return nil, err
		}
		n.remote = remote
	}
	return n, nil
}

// WaitError: after several wrong PINs the next one has to wait; nothing was tried.
type WaitError = store.WaitError

// Unlock tells whether a PIN is this book's, for the screen that covers an open book: nil, or
// what Open would say of the PIN. Syncing and saving go on meanwhile.
func (n *Notebook) Unlock(ctx context.Context, pin string) error {
	return n.store.CheckPIN(ctx, pin, n.o.device())
}

// ChangePIN puts the book behind another PIN. The screen has asked for the old one.
func (n *Notebook) ChangePIN(ctx context.Context, pin string) error {
	if err := seal.CheckPIN(pin, n.o.Desktop); err != nil {
		return err
	}
	return n.store.SetPIN(ctx, pin, n.o.device())
}

// Close closes the book and ends Live.
func (n *Notebook) Close() error {
	n.close()
	if n.remote != nil {
		n.remote.Close()
	}
	return n.store.Close()
}

// Closed tells whether Close was called; what was read stays readable.
func (n *Notebook) Closed() bool { return n.open.Err() != nil }

func (n *Notebook) newID() book.ID { return book.NewID(n.o.now().UnixMilli(), n.o.rand()) }

// view is the book at one moment, as one use case sees it: a snapshot, who acts, and the
// world of the rules.
type view struct {
	*store.Snapshot
	me    book.Actor
	today int32
	// refusals are the records with a change to mend; made when first asked.
	refusals map[book.ID]bool
	// members are what the rules ask of members, names what memberName gave; made when first
	// asked.
	members *people
	names   map[book.ID]string
	days    map[int32]string
}

func (n *Notebook) view() *view {
	snapshot := n.store.Snapshot()
	state := snapshot.State()
	v := &view{Snapshot: snapshot, today: words.Today(believed(n.o.now(), state))}
	v.me = book.Actor{
		Member: state.Identity.Member, Branch: state.Identity.Branch, Commune: state.Identity.Commune,
		Device: state.Identity.Device, Schema: book.Schema, Unconfirmed: state.Unconfirmed,
	}
	if m, ok := read[pb.Member](v, v.me.Member); ok {
		v.me.Office = m.GetOffice()
	}
	return v
}

// mine names the author of a record that the server has not seen: only this phone made it.
// The change itself carries no author, because the server takes it from the device.
func (v *view) mine(r store.Record) store.Record {
	if r.New && r.Author.IsZero() {
		r.Author = v.me.Member
	}
	return r
}

// Record is the snapshot's, with the author of new ones; so are Kind, About and Held.
func (v *view) Record(id book.ID) (store.Record, bool) {
	r, ok := v.Snapshot.Record(id)
	return v.mine(r), ok
}

func (v *view) each(records iter.Seq[store.Record]) iter.Seq[store.Record] {
	return func(yield func(store.Record) bool) {
		for r := range records {
			if !yield(v.mine(r)) {
				return
			}
		}
	}
}

func (v *view) Kind(k pb.Kind) iter.Seq[store.Record] { return v.each(v.Snapshot.Kind(k)) }

func (v *view) About(subject book.ID, k pb.Kind) iter.Seq[store.Record] {
	return v.each(v.Snapshot.About(subject, k))
}

func (v *view) Held(h book.Holder) iter.Seq[store.Record] { return v.each(v.Snapshot.Held(h)) }

// message is a pointer to a message T.
type message[T any] interface {
	*T
	proto.Message
}

// decode reads a body as far as it can be read: one undecodable field hides nothing else.
func decode[T any, M message[T]](s lww.State) M {
	m := M(new(T))
	// A body that cannot be read at all leaves m empty; the row still shows that it is there.
	_, _ = lww.Decode(s.Body, m)
	return m
}

// read gives the record as a screen shows it, decoded; false: not here.
func read[T any, M message[T]](v *view, id book.ID) (M, bool) {
	r, ok := v.Record(id)
	if !ok {
		return M(new(T)), false
	}
	return decode[T, M](r.State), true
}

// Me is who owns this book.
type Me struct {
	ID      ID     `json:"id"`
	Name    string `json:"name"`
	Office  Term   `json:"office"`
	Branch  string `json:"branch"`
	Commune string `json:"commune"`
	// Desk: secretary or deputy, who reviews and assigns.
	Desk   bool   `json:"desk"`
	Device uint32 `json:"device"`
}

// Me tells who owns this book. Names are empty before the first sync.
func (n *Notebook) Me() Me {
	v := n.view()
	me := Me{ID: ID(v.me.Member), Name: v.memberName(v.me.Member), Office: officeTerm(v.me.Office), Desk: v.atDesk(), Device: v.me.Device}
	me.Branch, me.Commune = v.unitName(v.me.Branch), v.unitName(v.me.Commune)
	return me
}

func (v *view) atDesk() bool {
	return book.IsDesk(v.me.Office)
}

// memberName gives a member's name, with what tells namesakes apart.
func (v *view) memberName(id book.ID) string {
	if id.IsZero() {
		return ""
	}
	name, ok := v.names[id]
	if !ok {
		if v.names == nil {
			v.names = map[book.ID]string{}
		}
		name = v.readName(id)
		v.names[id] = name
	}
	return name
}

func (v *view) readName(id book.ID) string {
	m, ok := read[pb.Member](v, id)
	switch {
	case !ok || m.GetName() == "":
		return words.UnknownPerson
	case m.GetDistinguish() != "":
		return m.GetName() + " (" + m.GetDistinguish() + ")"
	}
	return m.GetName()
}

func (v *view) unitName(id book.ID) string {
	u, _ := read[pb.Unit](v, id)
	return u.GetName()
}
