package store

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/seal"
)

// Options says where a book lies and what it takes from outside.
type Options struct {
	// Dir is the folder of the one book; an absolute path on Android.
	Dir string
	// Rand is the source of keys and nonces; nil: crypto/rand.
	Rand io.Reader
	// Now is the phone's clock; nil: time.Now.
	Now func() time.Time
	// PIN is the cost of a guess at the PIN; zero: seal.DefaultParams.
	PIN seal.Params
	// MaxPages limits the file to so many pages of 4 KiB; 0: no limit. A test of a full disk
	// sets it.
	MaxPages int
	// Step, in tests, is called before every statement of a write ("begin", "put row" …,
	// "commit") and after the commit ("committed"). An error ends the write there, as a crash would.
	Step func(what string) error
}

// Identity is what a phone got at enrolment: who it is, and to whom it talks.
type Identity struct {
	Server, Epoch []byte
	Device        uint32
	// Token is the bearer token as text.
	Token     string
	DeviceKey ed25519.PrivateKey
	// Pins are SHA-256 of the public keys of the server's root and of its spare.
	Pins [][]byte
	// Address is https://host[:port]; http on loopback only.
	Address string
	// Member is the owner; Branch is zero for those who belong to the commune.
	Member, Branch, Commune book.ID
	// RecoveryKey is the server's public X25519 key.
	RecoveryKey []byte
}

// Grant is a holder that the phone may hold, with the number of the grant.
type Grant struct {
	Holder book.Holder
	Number uint64
}

// Filling is a grant that is still being fetched; see pb.Filling.
type Filling struct {
	Grant
	Upto, Below uint64
	Phase       uint32
}

// Behind is the number that a grant had when changes up to Key were written.
type Behind struct {
	Grant
	Key uint64
}

// Cursor: all rows of a partition up to Seq are here.
type Cursor struct {
	Unit book.ID
	Seq  uint64
}

// State is all that the phone knows besides records, changes and drafts. Slices and maps
// are frozen: readers do not write to them.
type State struct {
	Identity Identity

	Cursors  []Cursor  // rising by unit
	Grants   []Grant   // complete ones, rising by holder
	Fillings []Filling // rising by holder
	// Partial: the last pull did not come to its end, so a row that changed meanwhile may be
	// neither here as it was nor as it is.
	Partial bool
	// Leaving are households that are no longer this phone's, kept until nothing unsent
	// of them is left. They take no new work.
	Leaving []Grant
	// Behind are grants that were given anew while own changes waited that were written under
	// the number before; kept until those are out.
	Behind []Behind

	// LastKey is the key of the last own change.
	LastKey uint64
	// LastNumber is the number of the last frozen change; Confirmed: acks up to it are here;
	// Kept: those up to it are in a finished backup of the server.
	LastNumber, Confirmed, Kept uint64
	// Unconfirmed: this phone is a copy of another; the secretary has not confirmed it yet.
	Unconfirmed bool
	// Revoked: the server ended this device; its work is to be handed over, then wiped.
	Revoked bool

	// ServerNow is the last time of the server that the phone knows; 0: none yet.
	ServerNow hlc.Stamp
	// LastSyncMS is the phone's clock at the last whole reply; 0: never.
	LastSyncMS int64
	// SkewMS is server minus phone at that time.
	SkewMS int64

	// Differs are holders whose digest was not the server's at the end of the last sync.
	Differs []book.Holder
	// SumDiffers: the sum of all digests was not the server's; the next call asks for each.
	SumDiffers bool
	// DifferCount counts syncs that ended with a difference.
	DifferCount uint64
	// ComparedMS is the phone's clock when it last asked for listings.
	ComparedMS int64

	AuditHead []byte
	// Counter is the last petition number that this phone gave.
	Counter uint32
	// Settings are the app's own, such as the size of text.
	Settings map[string]string
}

// OpState tells how far an own change has come.
type OpState uint8

const (
	// Waiting: not sent yet; edits of the same session still join it.
	Waiting OpState = iota + 1
	// Sending: numbered and frozen; sent at least once or about to be.
	Sending
	// Stored: on the server's disk; its row has not come back yet.
	Stored
	// Parked: the server waits for its subject; still laid over the record.
	Parked
	// Refused: in the list of things to mend.
	Refused
	// Suggested: waits on the desk for a person's decision.
	Suggested
	// Done: in the server's rows; kept until a backup of the server has it.
	Done
	// Erased: nothing but the number is left.
	Erased
	// Offering: no change but a row of the server's life before a restore, which goes to the
	// server as it is; see [Snapshot.Offers].
	Offering
)

// Op is one own change. Bytes and Refusal are frozen.
type Op struct {
	// Key is its place in the order of this phone's changes, from 1.
	Key uint64
	// Number is its number for the server under Device; 0 while Waiting.
	Number uint64
	Device uint32
	State  OpState

	Record book.ID
	Kind   pb.Kind
	Holder book.Holder
	Unit   book.ID
	// Bytes is the marshalled pb.Patch, frozen from the first sending; empty when Erased, a
	// marshalled pb.Row when Offering.
	Bytes []byte
	// Session names the sitting at a form that made it.
	Session string
	// MadeMS is the phone's clock when it was last changed.
	MadeMS int64
	// Stamp and Seq are the server's; Refusal is set for a refused one.
	Stamp   hlc.Stamp
	Seq     uint64
	Refusal *pb.Refusal
	// Mended: another change took the place of this refused one.
	Mended bool
	// Left: it was a draft of a household that was handed over.
	Left bool
	// Gone: its record was erased after it was sent; it is blanked once it is answered.
	Gone bool
	// Away: its household was handed over and is not here any more. It lies outside the
	// household's key and no screen shows it; it is here only for a server that is restored
	// from a backup that does not have it.
	Away bool
	// Was is how far it had come before a restore of the server sent it again; 0: it was not.
	Was OpState

	patch *pb.Patch
}

// Patch is the change, decoded; frozen. Nil where nothing is left of it, and for an offer.
func (o Op) Patch() *pb.Patch { return o.patch }

// Unsent tells whether the change still has to be taken by the server.
func (o Op) Unsent() bool { return o.State == Waiting || o.State == Sending }

// Pending tells whether the change belongs to the outbox: its fate or its row is still to come.
func (o Op) Pending() bool { return o.Unsent() || o.State == Stored || o.State == Parked }

// Draft is an unfinished change of one record.
type Draft struct {
	// ID is the record that is being made or changed: one draft a record.
	ID     book.ID
	Kind   pb.Kind
	Holder book.Holder
	Unit   book.ID
	// Patch is the change as it stands, or nil; it becomes a suggestion when the household
	// is handed over meanwhile.
	Patch *pb.Patch
	// Form is the screen's own: what stands in which field. The store does not look at it.
	Form []byte
	// SavedMS is the phone's clock; the store sets it.
	SavedMS int64

	local uint64
}

// Write is one change to add to the outbox.
type Write struct {
	// Patch has envelope, create, set, cleared and schema. The store sets the clocks and
	// what was seen.
	Patch *pb.Patch
	// Holder and Unit are where the record belongs: package book's Place for a new one.
	Holder book.Holder
	Unit   book.ID
	// Session: changes of one record by the same session join before the first sending;
	// empty: never.
	Session string
	// DropDraft removes the draft of the record in the same transaction.
	DropDraft bool
	// Mends: all refused changes of the record have their answer in this one, and where it
	// makes the record anew, so have the edits of it that were not sent.
	Mends bool
}

// Delta is what one reply of the server brings. Everything of it is applied in one
// transaction or not at all.
type Delta struct {
	// Device is the number under which the call was made; acks for another are not ours.
	Device uint32
	// PhoneMS is the phone's clock when the reply came.
	PhoneMS int64
	// Compared tells that the call asked for listings.
	Compared bool
	// Offered are the rows that the call offered: a reply has taken them in.
	Offered []*pb.Row

	Acks    []*pb.Ack
	Rows    []*pb.Row
	View    *pb.View
	Cursors []*pb.Cursor
	Filling []*pb.Filling
	Digests []*pb.HolderDigest
	// Sum stands in place of Digests; nil: neither came.
	Sum       *uint64
	Listings  []*pb.Listing
	Epoch     *pb.Epoch
	Clone     *pb.CloneNotice
	Kept      uint64
	Now       hlc.Stamp
	AuditHead []byte
	More      bool
	// Erased are ids of records that the server destroyed.
	Erased [][]byte
}

// Applied tells what a delta did.
type Applied struct {
	Rows    int           // rows stored
	Ignored int           // rows of holders that are not in the view, or that cannot be read
	Refused []Op          // newly to mend
	Left    []book.Holder // holders that are no longer ours
	Differs []book.Holder // holders whose digest is not the server's
	Healed  []book.Holder // holders that a listing of the server set right
	Epoch   bool          // the server lives in a new epoch
	Cloned  bool          // the phone has a new device number
}

// Store is an open book. Its methods may be called from any goroutine.
type Store struct {
	o       Options
	db      *sql.DB
	lock    *os.File
	name    string
	bookKey seal.BookKey
	sealer  *seal.Sealer
	// recovery is the book key for the server's recovery key.
	recovery atomic.Pointer[[]byte]
	// wrapped is the book key behind the PIN of now.
	wrapped  atomic.Pointer[seal.Wrapped]
	guessing sync.Mutex // held during a guess at the PIN

	// mu is held while a write runs: never by a reader.
	mu     sync.Mutex
	closed bool
	now    atomic.Pointer[Snapshot]

	keys    map[scope]uint64 // what each key seals; under mu
	nextKey uint64
	nextRow uint64 // local number of the next row or draft
	// nextMark is the number of the next write; marks is how many marks the file has, marked
	// whether it has a table for them.
	nextMark uint64
	marks    int
	marked   bool
}

// Snapshot is the book as the last write left it. It never waits and never fails.
func (s *Store) Snapshot() *Snapshot { return s.now.Load() }

// Create makes the book of a phone that just enrolled, in one transaction, and leaves it
// open. Errors: [*ExistsError], [*BusyError], [*FullError], a refused PIN of package seal.
// Judge the PIN with seal.CheckPIN before.
func Create(ctx context.Context, o Options, id Identity, pin string, device seal.DeviceSecret) (*Store, error) {
	return create(ctx, o, id, pin, device)
}

// Open opens the book in o.Dir. It takes the time of a guess at the PIN and of reading the
// whole book: call it off the screen's thread. Errors: [*MissingError], [*BusyError],
// [*NewerError], [*WaitError], seal.ErrWrongPIN, seal.ErrDeviceSecret, seal.ErrDamaged.
func Open(ctx context.Context, o Options, pin string, device seal.DeviceSecret) (*Store, error) {
	return open(ctx, o, func(s *Store, w seal.Wrapped) (seal.BookKey, error) { return s.guess(ctx, w, pin, device) })
}

// OpenRecovered opens the book with the book key that the server gave back, and puts it
// behind a new PIN. The error is seal.ErrOpen where the key is not this book's.
func OpenRecovered(ctx context.Context, o Options, key seal.BookKey, newPIN string, device seal.DeviceSecret) (*Store, error) {
	s, err := open(ctx, o, func(*Store, seal.Wrapped) (seal.BookKey, error) { return key, nil })
	if err != nil {
		return nil, err
	}
	if err := s.SetPIN(ctx, newPIN, device); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Peeked is what can be told about a folder without a PIN.
type Peeked struct {
	Exists bool
	// Busy: another app has it open; then the rest is unknown.
	Busy bool
	// Newer: only a newer app can open it.
	Newer bool
	// Name is the book's name, and Device the number that the server knows its key by;
	// SealedKey is the book key as sealed to the server's recovery key. They are what
	// resetting a forgotten PIN needs.
	Name      string
	Device    uint32
	SealedKey []byte

	schema int
}

// Err is why the book cannot be opened by this app whatever the PIN: [*NewerError]; nil else.
func (p Peeked) Err() error {
	if p.Newer {
		return &NewerError{Found: p.schema, Known: schemaVersion}
	}
	return nil
}

// Peek looks whether a book is in a folder and whether another app has it open.
func Peek(ctx context.Context, dir string) (Peeked, error) { return peek(ctx, dir) }

// Room makes sure that a new book fits into a folder, which it makes: ask before a code is
// spent on one. The error is a [*FullError] where it does not.
func Room(dir string) error { return room(dir) }

// SetPIN puts the book behind another PIN or passphrase. The caller has asked for the old one.
func (s *Store) SetPIN(ctx context.Context, pin string, device seal.DeviceSecret) error {
	return s.setPIN(ctx, pin, device)
}

// SealedKey is the book key as sealed to the server's recovery key at enrolment.
func (s *Store) SealedKey() []byte { return *s.recovery.Load() }

// AddOps puts changes into the outbox, in their order, in one transaction together with
// what they replace (drafts, refused changes). It returns their keys. Errors:
// [*LeavingError] for a household that was handed over, [*FullError], [ErrPatch].
func (s *Store) AddOps(ctx context.Context, writes ...Write) ([]uint64, error) {
	return s.addOps(ctx, writes)
}

// DropOp takes an own change back that was never sent; [ErrSent] if it was.
func (s *Store) DropOp(ctx context.Context, key uint64) error { return s.dropOp(ctx, key) }

// Dismiss takes a refused or suggested change off its list. It stays on the server's desk.
func (s *Store) Dismiss(ctx context.Context, key uint64) error { return s.dismiss(ctx, key) }

// SaveDraft keeps the state of a form; it replaces the draft of the same record.
func (s *Store) SaveDraft(ctx context.Context, d Draft) error { return s.saveDraft(ctx, d) }

// DropDraft removes a draft; none is no error.
func (s *Store) DropDraft(ctx context.Context, id book.ID) error { return s.dropDraft(ctx, id) }

// Freeze numbers waiting changes and returns the next ones to send in their order: at most
// so many bytes, at least one if there is one. They stay the same bytes until they are acked.
func (s *Store) Freeze(ctx context.Context, bytes int) ([]Op, error) { return s.freeze(ctx, bytes) }

// Apply applies one reply.
func (s *Store) Apply(ctx context.Context, d Delta) (Applied, error) { return s.apply(ctx, d) }

// TakeCounter gives the next petition counter of this phone, from 1; never one twice.
func (s *Store) TakeCounter(ctx context.Context) (uint32, error) { return s.takeCounter(ctx) }

// SetSetting keeps a setting of the app; an empty value removes it.
func (s *Store) SetSetting(ctx context.Context, name, value string) error {
	return s.setSetting(ctx, name, value)
}

// SetToken keeps a new bearer token.
func (s *Store) SetToken(ctx context.Context, token string) error {
	return s.change(ctx, func(st *State) { st.Identity.Token = token })
}

// SetAddress keeps another address of the same server.
func (s *Store) SetAddress(ctx context.Context, address string) error {
	return s.change(ctx, func(st *State) { st.Identity.Address = address })
}

// MarkRevoked remembers that the server ended this device.
func (s *Store) MarkRevoked(ctx context.Context) error {
	return s.change(ctx, func(st *State) { st.Revoked = true })
}

// Close closes the book. Snapshots stay readable.
func (s *Store) Close() error { return s.close() }

// Wipe destroys the book, keys first, and closes it. Call it after the unsent work of a
// revoked phone was handed over.
func (s *Store) Wipe(ctx context.Context) error { return s.wipe(ctx) }
