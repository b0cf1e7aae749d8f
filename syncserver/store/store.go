// Package store says what the server's registry needs of a database, in terms of the
// domain: rows, their order, digests, devices, codes, and the small projections from
// which rights and views are computed. One folder a backend implements it; sqlite is the
// default. Only backends know SQL, and every body passes their sealer, so that no file of
// the server holds a household's words in clear.
package store

import (
	"context"
	"errors"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Errors that a backend returns, whatever its database calls them.
var (
	// ErrFull: the disk or the database may not grow; nothing of the transaction was kept.
	ErrFull = errors.New("store: disk full")
	// ErrNewer: the database was written by a newer version of the program.
	ErrNewer = errors.New("store: database of a newer version")
	// ErrKeyGone: the key that sealed a body was erased, and with it the body.
	ErrKeyGone = errors.New("store: key erased")
	// ErrNoMaster: there are keys, and the master key that wraps them is missing.
	ErrNoMaster = errors.New("store: master key missing")
	// ErrConflict: what a write would change is no longer as it was read.
	ErrConflict = errors.New("store: changed meanwhile")
)

// Store is one server's database.
type Store interface {
	// Write runs fn inside a transaction that is on disk when Write returns nil. Several
	// calls may share one transaction and one fsync; fn is then in a savepoint of its own,
	// and may be run a second time alone. fn must keep its results to itself until then.
	Write(ctx context.Context, fn func(Tx) error) error
	// Read runs fn on one snapshot.
	Read(ctx context.Context, fn func(Reader) error) error
	// DestroyKeys ends the keys of households: their bodies open nowhere any more. When it
	// returns, no file of the database holds them, or as soon as the last reader of before is gone.
	DestroyKeys(ctx context.Context, households []book.ID) error
	// Check looks for damage; each line is one finding, none: sound.
	Check(ctx context.Context) ([]string, error)
	Close() error
}

// Row is one stored record. Bytes is the encoded pb.Row, as it travels.
type Row struct {
	ID, Unit, Author, Subject book.ID
	Holder                    book.Holder
	Kind                      pb.Kind
	Seq                       uint64
	Bytes                     []byte
}

// Key finds a row without its body. Size is about the size of its bytes.
type Key struct {
	N    int64
	Seq  uint64
	Size int
}

// Sum is the digest of a holder or a partition: the sum of its row hashes, and their number.
type Sum struct {
	Digest uint64
	Rows   uint64
}

// Unit is a partition (a branch or a commune) with the seq it has reached.
type Unit struct {
	ID, Commune book.ID
	Seq         uint64
	Sum         Sum
}

// Household is what rights and views need to know of one. Since is the seq of its assignment.
type Household struct {
	book.HouseholdFacts
	Since uint64
}

// Member is what rights and views need to know of one. Since is the seq of the office,
// ProxySince that of its list of proxies.
type Member struct {
	book.MemberFacts
	Since, ProxySince uint64
}

// Tenure is a stretch of seqs in which a member looked after a household (Of: the household)
// held an office of a branch (Of: the branch), or was a member's proxy (Of: that member). To is 0 while it lasts.
type Tenure struct {
	Of, Member book.ID
	From, To   uint64
}

// Device is one phone or desk that may sync. Times are Unix milliseconds; 0: never.
type Device struct {
	Number               uint32
	Member               book.ID
	Key                  []byte
	TokenHash, OldToken  []byte
	TokenMS              int64
	Name                 string
	EnrolledMS, LastSync int64
	LastStamp            uint64
	LastOp, Confirmed    uint64
	// LastName is what lww.ChangeName gives for the change numbered LastOp; nil: not known.
	LastName             []byte
	Matched              uint64
	Unsent               uint32
	SkewMS               int64
	Revoked, Unconfirmed bool
	CloneOf              uint32
	CloneMark            []byte
	Schema               uint32
	// Kept: changes up to it are in a finished backup.
	Kept uint64
	// Jump: the database was restored; the device may go on above a gap in its numbers, once.
	Jump bool
	// AheadMS: when the device was last ahead of this database; 0: never.
	AheadMS int64
	// Day and DayOps: how many changes it sent on a day (days since 1970, UTC).
	Day    int64
	DayOps uint32
	// Mends is how many refused changes wait on it for a person.
	Mends uint32
}

// LogEntry is the fate of one op: the first 16 bytes of its SHA-256 and the encoded ack.
type LogEntry struct {
	Number uint64
	Hash   []byte
	Ack    []byte
}

// Past is one value that a field had before another took its place.
type Past struct {
	Record book.ID
	Holder book.Holder
	Unit   book.ID
	Value  *pb.PastValue
}

// Parked is an op that waits for a record or a kind that is not known yet.
type Parked struct {
	Device  uint32
	Number  uint64
	WaitFor book.ID
	Record  book.ID
	Unit    book.ID
	Op      []byte
	SkewMS  int64
}

// Fate is what became of a record's creation that was not stored.
type Fate struct {
	Record book.ID
	Device uint32
	Result pb.Result
}

// Work is what a revoked phone handed over, sealed to the recovery key.
type Work struct {
	N      int64
	Device uint32
	MS     int64
	// Waits is how many changes of it lie on no desk yet; Unreadable where nobody can tell.
	Waits  int
	Sealed []byte
}

// Unreadable is the count of a piece of work that does not open.
const Unreadable = -1

// Known says what stands under an id.
type Known uint8

// What may stand under an id.
const (
	KnownRow Known = 1 << iota
	KnownFate
	KnownAwaited
	KnownErased
)

// Code is one enrolment code. Key is what both sides prove to know; it is kept sealed.
type Code struct {
	ID                  string
	Member              book.ID
	Key                 []byte
	IssuedMS, ExpiresMS int64
	Issuer              uint32
	Nonce, DeviceKey    []byte
	Device              uint32
	Revoked             bool
	Failures            uint32
}

// AuditEntry is one line of the access log: who did what to which holder, never a value.
type AuditEntry struct {
	N      uint64
	MS     int64
	Device uint32
	Verb   string
	Holder book.Holder
	Count  uint32
	Hash   []byte
}

// Approved is the body that was last approved of a record.
type Approved struct {
	Record book.ID
	Digest []byte
	Review book.ID
	Body   []byte
}

// Fill takes the rows of a filling one by one: it is asked by a row's key whether it wants
// the row, and open gives it. False ends the walk.
type Fill func(k Key, open func() (*Row, error)) (more bool, err error)

// Reader reads one snapshot. Rows and bodies it returns belong to the caller.
type Reader interface {
	// Meta is a small named value; nil: none.
	Meta(name string) ([]byte, error)
	// Secret is one that is kept sealed.
	Secret(name string) ([]byte, error)
	// Row finds a record; nil: none.
	Row(id book.ID) (*Row, error)
	// About lists the rows of a write-once kind about a record.
	About(subject book.ID, kind pb.Kind) ([]*Row, error)
	// UnitKeys and HolderKeys list rows with seq > after, ascending, at most limit.
	UnitKeys(unit book.ID, after uint64, limit int) ([]Key, error)
	HolderKeys(h book.Holder, after uint64, limit int) ([]Key, error)
	// FillUnit and FillHolder walk the rows of a phase with seq < below, descending.
	FillUnit(unit book.ID, phase uint32, below uint64, fn Fill) error
	FillHolder(h book.Holder, phase uint32, below uint64, fn Fill) error
	// Fetch opens the row of a key of the same snapshot.
	Fetch(k Key) (*Row, error)
	Unit(id book.ID) (Unit, bool, error)
	Units() ([]Unit, error)
	HolderSum(h book.Holder) (Sum, error)
	Household(id book.ID) (Household, bool, error)
	HouseholdsOf(member book.ID) ([]Household, error)
	HouseholdsIn(branch book.ID) ([]Household, error)
	Member(id book.ID) (Member, bool, error)
	MembersOf(unit book.ID) ([]Member, error)
	// ProxyFor lists the members for whom this one may write.
	ProxyFor(member book.ID) ([]Member, error)
	// HouseholdTenures lists who looked after a household, OfficeTenures who held an office of a branch.
	HouseholdTenures(household book.ID) ([]Tenure, error)
	OfficeTenures(unit book.ID) ([]Tenure, error)
	// ProxyTenures lists who was a member's proxy.
	ProxyTenures(member book.ID) ([]Tenure, error)
	// Version tells who last wrote the fields of an earlier version; false: it never was.
	Version(id book.ID, digest [16]byte) (writers []book.ID, ok bool, err error)
	Approved(id book.ID) (*Approved, error)
	Device(number uint32) (*Device, error)
	DeviceByToken(hash []byte) (*Device, error)
	Devices() ([]*Device, error)
	DevicesOf(member book.ID) ([]*Device, error)
	// Log lists the fates of a device's ops from first to last that are still kept.
	Log(device uint32, first, last uint64) ([]LogEntry, error)
	// LateAcks gives the fates of once parked ops among numbers.
	LateAcks(device uint32, numbers []uint64) ([]LogEntry, error)
	Fate(record book.ID, device uint32) (*Fate, error)
	// Known tells what stands under ids, in few questions for many: of each id, whether there
	// is a row, a fate for this device, a change that waits for it, or that it was erased. An id
	// of none of these is left out.
	Known(ids []book.ID, device uint32) (map[book.ID]Known, error)
	// HasErased tells whether anything was ever erased, Erased whether this was.
	HasErased() (bool, error)
	Erased(id book.ID) (bool, error)
	// ErasedIDs lists all that was erased, ErasedAfter that of a partition in after < seq <= upto.
	ErasedIDs() ([]book.ID, error)
	ErasedAfter(unit book.ID, after, upto uint64) ([]book.ID, error)
	// HeldBy lists the ids of a holder's rows.
	HeldBy(h book.Holder) ([]book.ID, error)
	// OnDesk lists the suggestions and refused changes about a record.
	OnDesk(subject book.ID) ([]*Row, error)
	// AllOnDesk lists all suggestions and refused changes, of every desk.
	AllOnDesk() ([]*Row, error)
	// AllParked lists what is parked, AllWork what revoked phones handed over.
	AllParked() ([]*Parked, error)
	AllWork() ([]Work, error)
	// WaitingWork lists the work of which something waits, or that cannot be read, without
	// what is sealed.
	WaitingWork() ([]Work, error)
	ParkedFor(waitFor book.ID) ([]*Parked, error)
	ParkedCount() (int, error)
	// History lists values that a record had, with stamps less than before (0: all), newest
	// first: limit of them if there are, and all that share the stamp of the last.
	History(record book.ID, before uint64, limit int) ([]*pb.PastValue, error)
	// Imported gives what the last import left of the records of a partition, by record.
	Imported(unit book.ID) (map[book.ID][]byte, error)
	Code(id string) (*Code, error)
	Codes() ([]*Code, error)
	AuditHead() ([]byte, error)
	// AuditOf lists the access log of one holder, oldest first; AuditAll walks the chain.
	AuditOf(h book.Holder) ([]AuditEntry, error)
	AuditAll(fn func(AuditEntry) error) error
	// EachRow walks all rows of a partition.
	EachRow(unit book.ID, fn func(*Row) error) error
}

// Tx reads its own writes.
type Tx interface {
	Reader
	SetMeta(name string, value []byte) error
	SetSecret(name string, value []byte) error
	// LockUnits orders this transaction among those that touch the same partitions. It is
	// called with all of them, before a row is read, so that commit order is seq order.
	LockUnits(ids []book.ID) error
	// PutUnit makes a partition known or moves its seq and sum on.
	PutUnit(u Unit) error
	PutRow(r *Row, phase uint32) error
	SetHolderSum(h book.Holder, unit book.ID, s Sum) error
	PutHousehold(h Household) error
	PutMember(m Member) error
	// Assign closes the running tenure of a household, if any, and opens one (member zero: none).
	AssignHousehold(household, member book.ID, seq uint64) error
	AssignOffice(unit, member book.ID, held bool, seq uint64) error
	AssignProxy(of, proxy book.ID, held bool, seq uint64) error
	// AddVersion keeps that a record had this digest, and who had last written its fields.
	AddVersion(id book.ID, digest [16]byte, writers []book.ID) error
	PutApproved(a *Approved, h book.Holder, unit book.ID) error
	AddPast(p *Past) error
	PutDevice(d *Device) error
	NextDevice() (uint32, error)
	AppendLog(device uint32, entries []LogEntry) error
	// ForgetLog drops fates up to and including number.
	ForgetLog(device uint32, number uint64) error
	AddLateAck(device uint32, e LogEntry) error
	PutFate(f Fate) error
	Park(p *Parked) error
	Unpark(device uint32, number uint64) error
	PutImported(record book.ID, h book.Holder, unit book.ID, note []byte) error
	PutCode(c *Code) error
	AppendAudit(e []AuditEntry) error
	// Erase removes a record's row and all that is kept about it (history, versions, the
	// approved body, what an import left, parked changes, fates), and keeps that the id is erased.
	Erase(id, unit book.ID, seq uint64) error
	// EraseHolder removes what is kept of a household beside its rows: its digest, who looked
	// after it, and its line among the households.
	EraseHolder(h book.Holder) error
	// SetWork replaces handed-over work; empty: removes it.
	SetWork(n int64, waits int, sealed []byte) error
	// SetNextDevice makes the numbers of new devices begin at n, if they are not there yet.
	SetNextDevice(n uint32) error
	// ForgetLateAcks drops the fates of once parked changes up to and including number, except
	// those that the phone still asks for.
	ForgetLateAcks(device uint32, number uint64, asked []uint64) error
	// PutWork keeps what a revoked phone handed over, sealed to the recovery key.
	PutWork(device uint32, ms int64, waits int, sealed []byte) error
	// WorkCount is how many pieces of a device are kept.
	WorkCount(device uint32) (int, error)
}
