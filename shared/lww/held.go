package lww

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// HeldDigest names a set of grants: what a phone holds completely, or what it should hold.
// SHA-256 over the grants in order of holder kind, id and number, each id with its length;
// none for an empty set, as a new phone has it. The order of the slice does not matter; it
// is left as it is.
func HeldDigest(grants []*pb.Grant) []byte {
	if len(grants) == 0 {
		return nil
	}
	sorted := slices.Clone(grants)
	slices.SortFunc(sorted, func(a, b *pb.Grant) int {
		return cmp.Or(
			cmp.Compare(a.GetHolder().GetKind(), b.GetHolder().GetKind()),
			bytes.Compare(a.GetHolder().GetId(), b.GetHolder().GetId()),
			cmp.Compare(a.GetGrant(), b.GetGrant()),
		)
	})
	var b []byte
	for _, g := range sorted {
		b = binary.AppendUvarint(b, uint64(g.GetHolder().GetKind()))
		b = appendBytes(b, g.GetHolder().GetId())
		b = binary.BigEndian.AppendUint64(b, g.GetGrant())
	}
	sum := sha256.Sum256(b)
	return sum[:]
}
