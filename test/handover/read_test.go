package handover

import (
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	"sodanvan/shared/lww"
)

// read decodes a record's body.
func read[T any, M interface {
	*T
	proto.Message
}](b *branch, r book.Record) M {
	b.Helper()
	m := M(new(T))
	if _, err := lww.Decode(r.State.Body, m); err != nil {
		b.Fatal(err)
	}
	return m
}
