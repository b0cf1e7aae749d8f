package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"connectrpc.com/connect"
	"github.com/klauspost/compress/zstd"
)

// slack is how many bytes more than the limit a frame may be: its header and those of
// blocks that could not be packed.
const slack = 16 << 10

// decoders are shared by all limits. One works in the calling goroutine and keeps a window.
var decoders = sync.Pool{New: func() any {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window),
		zstd.WithDecoderDicts(dictionary), zstd.WithDecodeBuffersBelow(0))
	if err != nil {
		return fmt.Errorf("make decoder: %w", err)
	}
	return dec
}}

// unpacker is a connect.Decompressor that stops.
type unpacker struct {
	limit int64
	left  int64
	in    bytes.Buffer
	dec   *zstd.Decoder
	// err is what Read says from now on.
	err error
}

// NewDecompressor makes a decompressor for messages of at most limit bytes. The byte after
// the limit is an error (ErrTooLarge), and nothing more is unpacked to tell how much there
// would have been; other errors are ErrFrame and ErrDictionary. All come from Read: Connect hands
// those on as they are.
func NewDecompressor(limit int64) connect.Decompressor { return &unpacker{limit: limit, err: io.EOF} }

func (u *unpacker) Reset(src io.Reader) error {
	u.release()
	u.left, u.err = u.limit, nil
	if _, err := u.in.ReadFrom(io.LimitReader(src, u.limit+slack+1)); err != nil {
		u.err = err
		return nil
	}
	switch n := int64(u.in.Len()); {
	case n == 0:
		u.err = io.EOF
	case n > u.limit+slack:
		u.err = ErrTooLarge
	default:
		u.err = check(u.in.Bytes(), u.limit)
	}
	return nil
}

// start takes a decoder; here and not in Reset, since Connect leaves an idle unpacker reset.
func (u *unpacker) start() error {
	switch dec := decoders.Get().(type) {
	case error:
		return dec
	case *zstd.Decoder:
		u.dec = dec
	}
	if err := u.dec.Reset(bytes.NewReader(u.in.Bytes())); err != nil {
		return fmt.Errorf("%w: %w", ErrFrame, err)
	}
	return nil
}

func (u *unpacker) Read(p []byte) (int, error) {
	if u.err == nil && u.dec == nil {
		u.err = u.start()
	}
	if u.err != nil {
		return 0, u.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if u.left == 0 {
		// Exactly the limit is still right: only a byte more is too much.
		var one [1]byte
		n, err := u.dec.Read(one[:])
		if n > 0 {
			err = ErrTooLarge
		}
		u.err = framed(err)
		return 0, u.err
	}
	n, err := u.dec.Read(p[:min(int64(len(p)), u.left)])
	u.left -= int64(n)
	u.err = framed(err)
	return n, u.err
}

func framed(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, ErrTooLarge) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrFrame, err)
}

func (u *unpacker) Close() error {
	u.release()
	u.err = io.EOF
	return nil
}

// release gives the decoder back and lets go of the body.
func (u *unpacker) release() {
	if u.dec != nil {
		if u.dec.Reset(nil) == nil {
			decoders.Put(u.dec)
		}
		u.dec = nil
	}
	if u.in.Cap() > keep {
		u.in = bytes.Buffer{}
	}
	u.in.Reset()
}
