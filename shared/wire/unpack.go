package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"connectrpc.com/connect"
	"github.com/klauspost/compress/flate"
)

// What an unpacker says of a body that it does not take.
var (
	// ErrTooLarge: the message is longer than the limit.
	ErrTooLarge = errors.New("message is larger than the limit")
	// ErrDamaged: not one whole stream.
	ErrDamaged = errors.New("packed message is damaged")
	// ErrDictionary: the body does not begin with the mark of our dictionary.
	ErrDictionary = errors.New("message was packed with another dictionary")
)

// source is what a stream is read from: byte by byte, so that what follows it is seen.
type source interface {
	io.Reader
	io.ByteReader
}

// unpacker is a connect.Decompressor that stops. It holds a window of 32 KiB.
type unpacker struct {
	limit, left int64
	src         source
	r           io.ReadCloser
	begun       bool
	// err is what Read says from now on.
	err error
}

// NewDecompressor makes a decompressor for messages of at most limit bytes. The byte after
// the limit is an error (ErrTooLarge), and nothing more is unpacked to tell how much there
// would have been; the other errors are ErrDamaged, ErrDictionary and those of the source. All come from
// Read: Connect hands those on as they are. The worst that 4 MiB can do is a stream of tables
// for nothing: half a second, as with gzip.
func NewDecompressor(limit int64) connect.Decompressor { return &unpacker{limit: limit, err: io.EOF} }

func (u *unpacker) Reset(src io.Reader) error {
	u.left, u.begun, u.err = u.limit, false, nil
	if s, ok := src.(source); ok {
		u.src = s
	} else {
		u.src = bufio.NewReader(src)
	}
	return nil
}

// begin reads the mark; a body of nothing is a message of nothing.
func (u *unpacker) begin() error {
	var m [len(mark)]byte
	switch n, err := io.ReadFull(u.src, m[:]); {
	case n == 0 && errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return damaged(err)
	case m != mark:
		return ErrDictionary
	}
	if u.r == nil {
		u.r = flate.NewReaderDict(u.src, dictionary)
	} else if err := u.r.(flate.Resetter).Reset(u.src, dictionary); err != nil {
		return damaged(err)
	}
	u.begun = true
	return nil
}

func (u *unpacker) Read(p []byte) (int, error) {
	if u.err == nil && !u.begun {
		u.err = u.begin()
	}
	if u.err != nil || len(p) == 0 {
		return 0, u.err
	}
	if u.left > 0 {
		n, err := u.r.Read(p[:min(int64(len(p)), u.left)])
		u.left -= int64(n)
		u.err = u.ended(err)
		return n, u.err
	}
	// Exactly the limit is still right: only a byte more is too much.
	var one [1]byte
	n, err := u.r.Read(one[:])
	if u.err = u.ended(err); n > 0 {
		u.err = ErrTooLarge
	}
	return 0, u.err
}

// ended turns the end of the stream into the end of the message, if the body ends there too.
func (u *unpacker) ended(err error) error {
	if !errors.Is(err, io.EOF) {
		return damaged(err)
	}
	switch _, err := u.src.ReadByte(); {
	case err == nil:
		return fmt.Errorf("%w: something follows it", ErrDamaged)
	case errors.Is(err, io.EOF):
		return io.EOF
	default:
		return err
	}
}

// damaged gives the errors of DEFLATE their type; those of the source stay as they are.
func damaged(err error) error {
	var corrupt flate.CorruptInputError
	var inside flate.InternalError
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &corrupt) || errors.As(err, &inside) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// Close lets go of the body.
func (u *unpacker) Close() error {
	u.src, u.begun, u.err = nil, false, io.EOF
	return nil
}
