package book

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// ID names a record, a unit or a member: the 16 bytes of a UUIDv7, made where the record
// was made, so that a phone without network can make them. The zero ID means "none".
type ID [16]byte

// ErrBadID tells that a text is not an id.
var ErrBadID = errors.New("not an id")

// NewID makes an id of the time (milliseconds of Unix time; only the lower 48 bits count)
// and 74 random bits. It panics where random bytes cannot be read: nothing that needs a
// new id can go on then.
func NewID(ms int64, rand io.Reader) ID {
	var id ID
	if _, err := io.ReadFull(rand, id[6:]); err != nil {
		panic(fmt.Sprintf("book: no random bytes for an id: %v", err))
	}
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ParseID reads the form that String gives, and the same without hyphens; else ErrBadID.
// The zero id is not one.
func ParseID(s string) (ID, error) {
	var id ID
	hexed := s
	if len(s) == 36 {
		if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
			return ID{}, fmt.Errorf("%w: %q", ErrBadID, s)
		}
		hexed = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	if len(hexed) != 32 {
		return ID{}, fmt.Errorf("%w: %q", ErrBadID, s)
	}
	if _, err := hex.Decode(id[:], []byte(hexed)); err != nil || id.IsZero() {
		return ID{}, fmt.Errorf("%w: %q", ErrBadID, s)
	}
	return id, nil
}

// IDFrom takes an id as it stands in a message. It is false for anything but 16 bytes and
// for 16 zero bytes, so that a zero ID always means "none".
func IDFrom(b []byte) (ID, bool) {
	if len(b) != 16 {
		return ID{}, false
	}
	id := ID(b)
	return id, !id.IsZero()
}

// String gives the usual form: 36 characters, lower case.
func (id ID) String() string {
	var b [36]byte
	hex.Encode(b[:8], id[:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:], id[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// Bytes gives the id as messages carry it: 16 bytes, and none for the zero ID.
func (id ID) Bytes() []byte {
	if id.IsZero() {
		return nil
	}
	b := make([]byte, 16)
	copy(b, id[:])
	return b
}

// IsZero tells that this is no id.
func (id ID) IsZero() bool { return id == ID{} }
