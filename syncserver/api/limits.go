package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"connectrpc.com/connect"
	"github.com/klauspost/compress/gzip"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/wire"
)

// body counts what is read of a request and stops at a limit with an error that Connect
// hands on with its detail.
type body struct {
	io.ReadCloser
	read *int64
}

// limitBody replaces the body of r by one that ends with an error after limit bytes. The
// connection is closed then: what is still on its way is not worth reading.
func limitBody(w http.ResponseWriter, r *http.Request, limit int64, read *int64) {
	r.Body = body{http.MaxBytesReader(w, r.Body, limit), read}
}

func (b body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	*b.read += int64(n)
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return n, tooLarge()
	}
	return n, err
}

// unpacker is gzip that stops. Connect's own limit bounds the memory, but unpacks the
// rest to tell its size: 4 MiB of gzip cost seconds of processor time for 4 GiB of zeros.
// This one fails at the byte after the limit.
type unpacker struct {
	gz    *gzip.Reader
	limit int64
	left  int64
}

func newUnpacker(limit int64) connect.Decompressor { return &unpacker{limit: limit} }

func (u *unpacker) Reset(src io.Reader) error {
	u.left = u.limit
	if u.gz == nil {
		gz, err := gzip.NewReader(src)
		if err != nil {
			return badPacked(err)
		}
		u.gz = gz
		return nil
	}
	if err := u.gz.Reset(src); err != nil {
		return badPacked(err)
	}
	return nil
}

// badPacked leaves the end of the source as it is: Connect resets an idle unpacker onto
// nothing and ignores what it says.
func badPacked(err error) error {
	return asConnect(connect.CodeInvalidArgument, pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST, sayDamaged, 0)
}

func (u *unpacker) Read(p []byte) (int, error) {
	if u.gz == nil {
		return 0, io.EOF
	}
	if u.left <= 0 {
		// Exactly the limit is still right: only a byte more is too much.
		var one [1]byte
		n, err := u.gz.Read(one[:])
		switch {
		case n > 0:
			return 0, tooLarge()
		case err != nil && !errors.Is(err, io.EOF):
			return 0, badPacked(err)
		}
		return 0, err
	}
	if int64(len(p)) > u.left {
		p = p[:u.left]
	}
	n, err := u.gz.Read(p)
	u.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, badPacked(err)
	}
	return n, err
}

func (u *unpacker) Close() error {
	if u.gz == nil {
		return nil
	}
	return u.gz.Close()
}

// wireUnpacker gives the errors of wire the sentences for a phone.
type wireUnpacker struct{ connect.Decompressor }

func newWireUnpacker(limit int64) connect.Decompressor {
	return wireUnpacker{wire.NewDecompressor(limit)}
}

func (u wireUnpacker) Read(p []byte) (int, error) {
	n, err := u.Decompressor.Read(p)
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case errors.Is(err, wire.ErrTooLarge):
		return n, tooLarge()
	}
	return n, badPacked(err)
}

// newPacker favours speed: the pages hold short texts, and the server's processor is the
// scarcer good.
func newPacker() connect.Compressor {
	w, err := gzip.NewWriterLevel(io.Discard, gzip.DefaultCompression)
	if err != nil {
		panic(fmt.Sprintf("api: gzip level: %v", err)) // a constant level cannot be wrong
	}
	return w
}

// maxRecords bounds the records at the top level of one message. Two bytes on the wire can
// make a message of a hundred bytes in memory, so 16 MiB of them would cost a gigabyte.
const maxRecords = 1 << 16

// errRecords: more records than a phone of ours sends.
var errRecords = errors.New("too many records in one message")

// codec is Connect's binary codec with that bound. It marshals in one go and keeps no state.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(m any) ([]byte, error) { return codec{}.MarshalAppend(nil, m) }

func (codec) MarshalAppend(dst []byte, m any) ([]byte, error) {
	msg, ok := m.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("marshal %T: not a message", m)
	}
	return proto.MarshalOptions{}.MarshalAppend(dst, msg)
}

// Unmarshal never fails on bytes that are no message: Connect would answer with the
// decoder's own words. It marks the message, and run refuses it with a sentence.
func (codec) Unmarshal(data []byte, m any) error {
	msg, ok := m.(proto.Message)
	if !ok {
		return fmt.Errorf("unmarshal %T: not a message", m)
	}
	if decode(data, msg) != nil {
		proto.Reset(msg)
		msg.ProtoReflect().SetUnknown(unreadable)
	}
	return nil
}

// unreadable is the mark: a field that no message has. Who sends it is refused too.
var unreadable = protowire.AppendVarint(protowire.AppendTag(nil, protowire.MaxValidNumber, protowire.VarintType), 1)

func readable(m any) bool {
	msg, ok := m.(proto.Message)
	return !ok || !bytes.Equal(msg.ProtoReflect().GetUnknown(), unreadable)
}

func decode(data []byte, msg proto.Message) error {
	for n, rest := 0, data; len(rest) > 0; n++ {
		if n == maxRecords {
			return errRecords
		}
		_, _, size := protowire.ConsumeField(rest)
		if size < 0 {
			return fmt.Errorf("unmarshal: %w", protowire.ParseError(size))
		}
		rest = rest[size:]
	}
	return proto.Unmarshal(data, msg)
}
