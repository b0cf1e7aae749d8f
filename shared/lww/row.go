package lww

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
)

// LastReviewed is the last field number that a review looks at: 1 to 99 are the record's
// writers'.
const LastReviewed = 99

// FromPatch returns the change that a patch carries, with the version it was given.
func FromPatch(p *pb.Patch, v Version) Change {
	return Change{Set: p.GetSet(), Cleared: p.GetCleared(), Version: v, Create: p.GetCreate()}
}

// FromRow returns the state that a row holds. Versions that are out of order are put in
// order; see [State.Valid] for rows that are not from the server.
func FromRow(row *pb.Row) State {
	s := State{Created: Version{Stamp: hlc.Stamp(row.GetStamp()), Device: row.GetDevice()}}
	if len(row.GetBody()) > 0 {
		s.Body = row.GetBody()
	}
	if n := len(row.GetLater()); n > 0 {
		s.Later = make([]FieldVersion, n)
		for i, l := range row.GetLater() {
			s.Later[i] = FieldVersion{
				Field:   l.GetField(),
				Version: Version{Stamp: hlc.Stamp(l.GetStamp()), Device: l.GetDevice()},
			}
		}
		byField := func(a, b FieldVersion) int { return cmp.Compare(a.Field, b.Field) }
		if !slices.IsSortedFunc(s.Later, byField) {
			slices.SortStableFunc(s.Later, byField)
		}
	}
	return s
}

// IntoRow writes body and versions of the state into a row and leaves the rest of it alone.
func (s State) IntoRow(row *pb.Row) {
	row.Body = s.Body
	row.Stamp = proto.Uint64(uint64(s.Created.Stamp))
	row.Device = proto.Uint32(s.Created.Device)
	row.Later = nil
	if len(s.Later) > 0 {
		row.Later = make([]*pb.FieldStamp, len(s.Later))
		for i, l := range s.Later {
			row.Later[i] = &pb.FieldStamp{
				Field:  proto.Uint32(l.Field),
				Stamp:  proto.Uint64(uint64(l.Stamp)),
				Device: proto.Uint32(l.Device),
			}
		}
	}
}

// Digest names a version of a record for a review: SHA-256, cut to 128 bits, over the
// fields 1-99 as stored, numbers and bytes, without stamps. So an assignment (100-199), a
// restore or a new row number leave a verdict standing. The body must be canonical.
func Digest(body []byte) [16]byte {
	end := 0
	for end < len(body) {
		field, _, _, _, size, problem := record(body[end:])
		if field > LastReviewed {
			break
		}
		if problem != "" {
			end = len(body)
			break
		}
		end += size
	}
	sum := sha256.Sum256(body[:end])
	return [16]byte(sum[:16])
}

// RowHash hashes what a row says, for the digest of a holder (the sum of these over its
// rows, mod 2^64): kind, id, author, subject, household, holder, body and versions, each
// with its length. The seq is not part of it: it differs after a restore.
func RowHash(row *pb.Row) uint64 {
	var room [1024]byte
	e := row.GetEnvelope()
	b := binary.AppendUvarint(room[:0], uint64(e.GetKind()))
	b = appendBytes(b, e.GetId())
	b = appendBytes(b, e.GetAuthor())
	b = appendBytes(b, e.GetSubject())
	b = appendBytes(b, e.GetHousehold())
	b = binary.AppendUvarint(b, uint64(e.GetHolder().GetKind()))
	b = appendBytes(b, e.GetHolder().GetId())
	b = appendBytes(b, row.GetBody())
	b = binary.BigEndian.AppendUint64(b, row.GetStamp())
	b = binary.AppendUvarint(b, uint64(row.GetDevice()))
	b = binary.AppendUvarint(b, uint64(len(row.GetLater())))
	for _, l := range row.GetLater() {
		b = binary.AppendUvarint(b, uint64(l.GetField()))
		b = binary.BigEndian.AppendUint64(b, l.GetStamp())
		b = binary.AppendUvarint(b, uint64(l.GetDevice()))
	}
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:8])
}

func appendBytes(b, p []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(p))), p...)
}

// Build makes the row that the server made of a change, where the ack says that the phone
// has all it takes: what it had before (nil: nothing, for a creation), the change, and the
// stamp and seq of the ack. holder and author count for a creation only. The error is of a
// change that does not merge, or ErrNoBase.
func Build(before *pb.Row, p *pb.Patch, a *pb.Ack, device uint32, author []byte, holder *pb.Holder) (*pb.Row, error) {
	c := FromPatch(p, Version{Stamp: hlc.Stamp(a.GetStamp()), Device: device})
	row := &pb.Row{Seq: a.Seq}
	var s State
	switch {
	case before != nil:
		c.Create = false
		s, row.Envelope = FromRow(before), before.GetEnvelope()
	case !p.GetCreate():
		return nil, ErrNoBase
	default:
		e := p.GetEnvelope()
		row.Envelope = &pb.Envelope{Kind: e.Kind, Id: e.GetId(), Author: author, Subject: e.GetSubject(), Household: e.GetHousehold(), Holder: holder}
	}
	s, _, err := Merge(s, c)
	if err != nil {
		return nil, err
	}
	s.IntoRow(row)
	return row, nil
}

// ErrNoBase: a change of a record that is not there.
var ErrNoBase = errors.New("nothing to merge the change into")
