package hostile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/wire"
	"sodanvan/syncserver/api"
	"sodanvan/test/probe"
)

// allocated is how many bytes a function made the whole process allocate, freed or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// bomb is a gzip of so many zeros.
func bomb(t *testing.T, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for size > 0 {
		n := min(size, len(zeros))
		if _, err := w.Write(zeros[:n]); err != nil {
			t.Fatal(err)
		}
		size -= n
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zstdBomb is a zstd frame of so many zeros, as this program's own packer makes it.
func zstdBomb(t *testing.T, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := wire.NewCompressor()
	w.Reset(&b)
	zeros := make([]byte, 1<<20)
	for ; size > 0; size -= len(zeros) {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wideFrame is the head of a zstd frame (RFC 8878, 3.1.1.1) that asks its reader for a
// window of a gigabyte, and then a block of one repeated byte.
var wideFrame = []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3, 0x03 | 0x80, 0x00, 0x01, 0x00}

func TestTooMuchAtOnce(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := tw.Phone(t, tw.Member("Bình"))
	h := agreedOn(t, p, "Hộ Bình 1")
	packed := http.Header{"Content-Encoding": {"gzip"}}
	zeros := bomb(t, 256<<20)
	zstd := zstdBomb(t, 256<<20)
	t.Logf("%d bytes unpack to 256 MiB", len(zeros))
	inflated := func() []byte { // a message of two-byte records: each would cost a hundred bytes
		b := protowire.AppendTag(nil, 14, protowire.VarintType)
		b = append(b, 1)
		return bytes.Repeat(b, 4<<20/len(b)-1)
	}()

	for _, c := range []struct {
		name   string
		header http.Header
		body   func() io.Reader
		// most is how much memory the answer may cost, both sides of this process together.
		most uint64
		code pb.ProblemCode // 0: any error
	}{
		{"a body over the limit", nil, func() io.Reader { return bytes.NewReader(make([]byte, api.MaxBody+1)) }, 32 << 20, pb.ProblemCode_PROBLEM_CODE_TOO_LARGE},
		{"a body over the limit that does not say so", nil, func() io.Reader { return io.LimitReader(zeroes{}, api.MaxBody+1) }, 64 << 20, pb.ProblemCode_PROBLEM_CODE_TOO_LARGE},
		{"a body without an end", nil, func() io.Reader { return io.LimitReader(zeroes{}, 1<<30) }, 64 << 20, pb.ProblemCode_PROBLEM_CODE_TOO_LARGE},
		{"a gzip bomb", packed, func() io.Reader { return bytes.NewReader(zeros) }, 128 << 20, pb.ProblemCode_PROBLEM_CODE_TOO_LARGE},
		{"a gzip bomb of a stranger", http.Header{"Content-Encoding": {"gzip"}, "Authorization": {"Bearer " + strings.Repeat("A", 43)}}, func() io.Reader { return bytes.NewReader(zeros) }, 16 << 20, pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN},
		{"broken gzip", packed, func() io.Reader { return strings.NewReader("\x1f\x8b\x08\x00 this is not gzip") }, 16 << 20, pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST},
		{"a zstd bomb", http.Header{"Content-Encoding": {wire.Name}}, func() io.Reader { return bytes.NewReader(zstd) }, 128 << 20, pb.ProblemCode_PROBLEM_CODE_TOO_LARGE},
		{"a zstd window of a gigabyte", http.Header{"Content-Encoding": {wire.Name}}, func() io.Reader { return bytes.NewReader(wideFrame) }, 64 << 20, pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST},
		{"broken zstd", http.Header{"Content-Encoding": {wire.Name}}, func() io.Reader { return strings.NewReader("\x28\xb5\x2f\xfd this is not zstd") }, 64 << 20, pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST},
		{"cut gzip", packed, func() io.Reader { return bytes.NewReader(zeros[:len(zeros)/64]) }, 128 << 20, 0},
		{"more records than a phone sends", nil, func() io.Reader { return bytes.NewReader(inflated) }, 64 << 20, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var status int
			var answer []byte
			var err error
			cost := allocated(func() { status, _, answer, err = p.Raw(rpc.SyncServiceSyncProcedure, c.header, c.body()) })
			if err == nil && status == http.StatusOK {
				t.Fatalf("taken: %q", answer)
			}
			// Over HTTP/2 the server may reset the stream of a body that it does not read to its end; then the answer still comes first.
			if c.code != 0 && !bytes.Contains(answer, []byte("sodanvan.v1.Problem")) {
				t.Errorf("no typed answer: %d %q %v", status, answer, err)
			}
			if want := sayingOf(c.code); want != "" && !bytes.Contains(answer, []byte(want)) {
				t.Errorf("%d %s, want a sentence with %q", status, answer, want)
			}
			if cost > c.most {
				t.Errorf("cost %d MiB of memory, at most %d are right", cost>>20, c.most>>20)
			}
		})
	}
	t.Run("the same phone goes on", func(t *testing.T) {
		p.Sync(p.Visit(p.ID(), h, "ghi chép bịa"))
		p.Stored(p.Last)
	})
}

// sayingOf is a part of the sentence of a problem.
func sayingOf(c pb.ProblemCode) string {
	return map[pb.ProblemCode]string{pb.ProblemCode_PROBLEM_CODE_TOO_LARGE: "quá lớn", pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN: "chưa nhận ra",
		pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST: "hỏng"}[c]
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestTooManyChangesInOneCall(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := tw.Phone(t, tw.Member("Bình"))
	h := agreedOn(t, p, "Hộ Bình 1")
	op := p.Visit(p.ID(), h, "ghi chép bịa")
	ops := make([][]byte, 10_001)
	for i := range ops {
		ops[i] = op
	}
	req := p.Request(ops...)
	_, err := p.Call(req)
	refused(t, err, pb.ProblemCode_PROBLEM_CODE_TOO_LARGE)
	// Half of it is fine, and the numbers are still free.
	p.Sync(ops[:100]...)
	p.Stored(p.Last)
}

// TestAChangeThatIsTooLarge: no form can save one; the ack says so and the next one is stored.
func TestAChangeThatIsTooLarge(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := tw.Phone(t, tw.Member("Bình"))
	h := agreedOn(t, p, "Hộ Bình 1")
	big := p.Visit(p.ID(), h, strings.Repeat("ghi chép dài (bịa) ", 4000))
	p.Sync(big, p.Visit(p.ID(), h, "ngắn (bịa)"))
	n := p.Last - 1
	if a := p.Acks[n]; a.GetResult() != pb.Result_RESULT_REFUSED || a.GetRefusal().GetCode() != pb.RefusalCode_REFUSAL_CODE_TOO_LARGE {
		t.Errorf("%v, want refused as too large", a)
	}
	p.Stored(n + 1)
}

// TestManyCallsOfOnePhone: a phone that opens calls and does not end them gets a typed
// answer and takes nothing from others.
func TestManyCallsOfOnePhone(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p, other := tw.Phone(t, tw.Member("Bình")), tw.Phone(t, tw.Member("Cúc"))
	p.Sync() // one warm connection: a request that had to move to another could not send its byte twice
	type answer struct {
		status int
		body   []byte
	}
	const allowed, opened = 4, 6
	answers := make(chan answer, opened)
	var ends []*io.PipeWriter
	for range opened {
		r, w := io.Pipe()
		ends = append(ends, w)
		go func() {
			status, _, body, _ := p.Raw(rpc.SyncServiceSyncProcedure, nil, r)
			answers <- answer{status, body}
		}()
	}
	for range opened - allowed {
		select {
		case a := <-answers:
			if a.status != http.StatusTooManyRequests || !bytes.Contains(a.body, []byte("sodanvan.v1.Problem")) {
				t.Errorf("%d %q, want a typed 429", a.status, a.body)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("a call beyond the bound is held, not answered")
		}
	}
	other.Sync()
	for _, w := range ends {
		w.CloseWithError(io.ErrUnexpectedEOF)
	}
}

// TestBrokenFrames: bytes that are no message at all.
func TestBrokenFrames(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := tw.Phone(t, tw.Member("Bình"))
	good, err := proto.Marshal(p.Request())
	if err != nil {
		t.Fatal(err)
	}
	huge := binary.AppendUvarint(protowire.AppendTag(nil, 7, protowire.BytesType), 1<<40)
	for name, body := range map[string][]byte{
		"cut":                  good[:len(good)-3],
		"not a message":        []byte("xin chào"),
		"a length beyond":      huge,
		"a varint without end": bytes.Repeat([]byte{0xff}, 64),
		"field nought":         {0x00, 0x01},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, answer, err := p.Raw(rpc.SyncServiceSyncProcedure, nil, bytes.NewReader(body))
			if err != nil || status != http.StatusBadRequest {
				t.Errorf("%d %s %v, want 400", status, answer, err)
			}
			if bytes.Contains(answer, []byte("goroutine")) || bytes.Contains(answer, []byte(".go:")) {
				t.Errorf("the inside of the program: %s", answer)
			}
			if !bytes.Contains(answer, []byte("sodanvan.v1.Problem")) {
				t.Errorf("no typed answer: %s", answer)
			}
		})
	}
	p.Sync()
}
