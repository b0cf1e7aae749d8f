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
// SHA-256, cut to 128 bits, over the grants in order of holder kind, id and number, each id
// with its length; none for an empty set, as a new phone has it. The order of the slice does not matter; it
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
	return sum[:16]
}

// SumDigests makes one number of the digests of all holders of a view, whatever their order,
// so that the end of a sync need not carry a line for each of a dozen households. A phone
// whose own number differs asks for the lines.
func SumDigests(all []*pb.HolderDigest) (sum uint64) {
	for _, d := range all {
		b := binary.AppendUvarint(nil, uint64(d.GetHolder().GetKind()))
		b = appendBytes(b, d.GetHolder().GetId())
		b = binary.BigEndian.AppendUint64(b, d.GetDigest())
		b = binary.BigEndian.AppendUint64(b, d.GetRows())
		h := sha256.Sum256(b)
		sum += binary.BigEndian.Uint64(h[:8])
	}
	return sum
}

// Lengths of ids in the short form: a device has two partitions and one epoch to tell apart.
const (
	shortUnit  = 4
	shortEpoch = 8
)

// ShortUnit cuts the id of a partition to what the short form carries: its last bytes,
// since the first are a time that ids made together share.
func ShortUnit(id []byte) []byte { return id[max(0, len(id)-shortUnit):] }

// ShortEpoch does the same for the id of an epoch.
func ShortEpoch(id []byte) []byte { return id[max(0, len(id)-shortEpoch):] }

// IsUnit tells whether a full or short id names this partition.
func IsUnit(id, named []byte) bool { return len(named) >= shortUnit && bytes.HasSuffix(id, named) }

// IsEpoch tells whether a full or short id names this epoch.
func IsEpoch(id, named []byte) bool { return len(named) >= shortEpoch && bytes.HasSuffix(id, named) }
