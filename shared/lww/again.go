package lww

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Bare gives a marshalled Patch without what a phone adds when it sends a change to a restored
// server again: the stamp that an ack gave it and the household that holds its record. What
// cannot be read stays as it is.
func Bare(patch []byte) []byte {
	const givenStamp, heldBy = 8, 11
	var out []byte
	from := 0
	for at := 0; at < len(patch); {
		number, kind, n := protowire.ConsumeField(patch[at:])
		if n < 0 {
			return patch
		}
		if number == givenStamp && kind == protowire.Fixed64Type || number == heldBy && kind == protowire.BytesType {
			out = append(out, patch[from:at]...)
			from = at + n
		}
		at += n
	}
	if from == 0 {
		return patch
	}
	return append(out, patch[from:]...)
}

// Again puts what p says of its stamp and household behind the bytes that the change had: they
// are the same change.
func Again(patch []byte, p *pb.Patch) ([]byte, error) {
	added, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Patch{GivenStamp: p.GivenStamp, HeldBy: p.GetHeldBy()})
	if err != nil {
		return nil, err
	}
	return slices.Concat(Bare(patch), added), nil
}

// ChangeName tells a change of a record from another one that a copy of the same phone made, in
// 16 bytes: by the record and the phone's clock, and by nothing that was written, since a
// phone must still know the name when what it wrote was erased.
func ChangeName(record []byte, phoneMS int64) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(slices.Clone(record), uint64(phoneMS)))
	return sum[:16]
}

// ChangeHash tells a marshalled Patch from another one under the same number, in 16 bytes. A
// change may have gone bare to a life of the database of which a backup is restored later, so
// what is added to it does not count.
func ChangeHash(patch []byte) []byte {
	sum := sha256.Sum256(Bare(patch))
	return sum[:16]
}
