package book

import (
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// Holder is the one thing through which a row is seen. Comparable; the zero value is no
// holder.
type Holder struct {
	Kind pb.HolderKind
	ID   ID
}

// HolderFrom reads a holder of a message; the zero Holder where it is missing or its id
// is none.
func HolderFrom(h *pb.Holder) Holder {
	id, ok := IDFrom(h.GetId())
	if !ok {
		return Holder{}
	}
	return Holder{Kind: h.GetKind(), ID: id}
}

// Proto gives the holder as messages carry it.
func (h Holder) Proto() *pb.Holder {
	return &pb.Holder{Kind: h.Kind.Enum(), Id: h.ID.Bytes()}
}

// Actor is who acts: a member through one device, as the server knows them from the
// token and the phone from its own book.
type Actor struct {
	Member ID
	// Branch is zero for officers and administrators.
	Branch  ID
	Commune ID
	// Office: OFFICE_UNSPECIFIED within a branch counts as OFFICE_MEMBER, because a member
	// whom the secretary has just entered has no office yet.
	Office pb.Office
	Device uint32
	// Schema is the version of the schema of the actor's app.
	Schema uint32
	// Unconfirmed marks a copy of a device that the secretary has not confirmed: it may
	// neither write nor see anything.
	Unconfirmed bool
}

// atDesk tells that the actor is secretary or deputy of the branch.
func (a Actor) atDesk(branch ID) bool {
	return IsDesk(a.Office) && a.inBranch(branch)
}

// inBranch tells that the actor belongs to the branch as a member of it. Officers and
// administrators belong to none, whatever Branch says.
func (a Actor) inBranch(branch ID) bool {
	if a.Unconfirmed || a.Member.IsZero() || branch.IsZero() || a.Branch != branch {
		return false
	}
	return a.Office != pb.Office_OFFICE_OFFICER && a.Office != pb.Office_OFFICE_ADMINISTRATOR
}

// IsDesk tells that an office is one of the two that review and assign: secretary, deputy.
func IsDesk(o pb.Office) bool {
	return o == pb.Office_OFFICE_SECRETARY || o == pb.Office_OFFICE_DEPUTY
}

// Record is a row as the domain looks at it: the envelope, where it is kept, and the
// merged state.
type Record struct {
	Kind                           pb.Kind
	ID, Author, Subject, Household ID
	Holder                         Holder
	// Unit is the partition of the row: a branch, or the commune for what it holds itself.
	Unit  ID
	State lww.State
	// Seq is the place in the order of the partition; 0 for what the server has not stored.
	Seq uint64
}

// RecordFrom reads a row of the partition unit. It is false where the envelope lacks an id.
func RecordFrom(row *pb.Row, unit ID) (Record, bool) {
	env := row.GetEnvelope()
	id, ok := IDFrom(env.GetId())
	if !ok {
		return Record{}, false
	}
	r := Record{Kind: env.GetKind(), ID: id, Holder: HolderFrom(env.GetHolder()), Unit: unit, State: lww.FromRow(row), Seq: row.GetSeq()}
	r.Author, _ = IDFrom(env.GetAuthor())
	r.Subject, _ = IDFrom(env.GetSubject())
	r.Household, _ = IDFrom(env.GetHousehold())
	return r, true
}

// HouseholdFacts is what rights need to know of a household.
type HouseholdFacts struct {
	// Member looks after it; zero: nobody yet.
	ID, Branch, Member ID
	Deleted            bool
}

// MemberFacts is what rights need to know of a member.
type MemberFacts struct {
	// Unit is the branch; for officers and administrators the commune.
	ID, Unit ID
	Office   pb.Office
	// Proxies may write for this member.
	Proxies   []ID
	Deleted   bool
	HasDevice bool
}

// World answers what the rules need to know of other records: the server from its
// transaction, the phone from its book. A call may be costly; the rules ask only what the
// kind of record needs, and expect the caller to cache households and their consents.
type World interface {
	Household(ID) (HouseholdFacts, bool)
	Member(ID) (MemberFacts, bool)
	MemberOfDevice(device uint32) (ID, bool)
	Record(ID) (Record, bool)
	// About gives the write-once rows (steps, reviews, consents) about a record, in any order.
	About(subject ID, kind pb.Kind) []Record
	// Commune of a branch, or of the commune itself; false for an unknown unit.
	Commune(unit ID) (ID, bool)
	// HadVersion: on the server, whether the row ever had this digest; on the phone, whether
	// it has it now.
	HadVersion(id ID, digest [16]byte) bool
	BranchMembers(branch ID) []MemberFacts
}

// VersionWriters may be implemented by a World that keeps history. With it a verdict on
// a version that is no longer the current one is judged by who wrote that version; without
// it by who wrote the current one and by the record's author.
type VersionWriters interface {
	// WritersOf gives the members who last wrote a field from 1 to 99 of that version.
	WritersOf(id ID, digest [16]byte) ([]ID, bool)
}
