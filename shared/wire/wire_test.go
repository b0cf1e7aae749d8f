package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// pack and unpack use the compressor as Connect does.
func pack(t testing.TB, c connect.Compressor, message []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	c.Reset(&out)
	if _, err := bytes.NewBuffer(message).WriteTo(c); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c.Reset(io.Discard)
	return out.Bytes()
}

func unpack(d connect.Decompressor, frame []byte) ([]byte, error) {
	if err := d.Reset(bytes.NewBuffer(frame)); err != nil {
		return nil, err
	}
	out, err := io.ReadAll(d)
	if err := d.Close(); err != nil {
		return out, err
	}
	_ = d.Reset(http.NoBody)
	return out, err
}

// TestDictionaryStaysAsItIs: phones in use have these bytes. A better dictionary is dict-2.
func TestDictionaryStaysAsItIs(t *testing.T) {
	sum := sha256.Sum256(dictionary)
	if got := hex.EncodeToString(sum[:]); got != "cad0c2d540ea3668a6b302774a8e29b2622cad511419b9130c1be12a586f3077" {
		t.Errorf("dict-1.bin is %s", got)
	}
	d, err := zstd.InspectDictionary(dictionary)
	if err != nil || d.ID() != dictionaryID {
		t.Errorf("number %d, %v", d.ID(), err)
	}
	if len(dictionary) > 32<<10 {
		t.Errorf("%d bytes", len(dictionary))
	}
}

func TestRoundTrip(t *testing.T) {
	c, d := NewCompressor(), NewDecompressor(8<<20)
	rapid.Check(t, func(rt *rapid.T) {
		message := rapid.SliceOf(rapid.Byte()).Draw(rt, "bytes")
		if rapid.Bool().Draw(rt, "repeated") { // longer than blocks, packers and the window
			message = bytes.Repeat(append(message, "đường làng "...), rapid.IntRange(1, 40_000).Draw(rt, "times"))
			message = message[:min(len(message), 3<<20)]
		}
		got, err := unpack(d, pack(t, c, message))
		if err != nil || !bytes.Equal(got, message) {
			rt.Fatalf("%d bytes came back of %d: %v", len(got), len(message), err)
		}
	})
}

// TestSizes goes over the edges where a frame changes its form.
func TestSizes(t *testing.T) {
	c, d := NewCompressor(), NewDecompressor(4<<20)
	r := rapid.SliceOfN(rapid.Byte(), 4096, 4096).Example(1)
	for _, n := range []int{0, 1, 255, 256, 1023, 1024, 1025, bulk - 1, bulk, 128 << 10, 128<<10 + 1, window - 1, window, window + 1, 4 << 20} {
		message := bytes.Repeat(r, n/len(r)+1)[:n]
		frame := pack(t, c, message)
		got, err := unpack(d, frame)
		if err != nil || !bytes.Equal(got, message) {
			t.Errorf("%d bytes: %d came back, %v", n, len(got), err)
		}
		if n > 0 && len(frame) > n+11+3*(n>>17+1) {
			t.Errorf("%d bytes became %d", n, len(frame))
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			c, d := NewCompressor(), NewDecompressor(1<<20)
			message := bytes.Repeat([]byte{byte(i), 'x', byte(i * 3)}, 100+i*3000)
			for range 20 {
				if got, err := unpack(d, pack(t, c, message)); err != nil || !bytes.Equal(got, message) {
					t.Errorf("phone %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
}

// visit is a request with one new visit; the words are invented and not the generator's.
func visit(t testing.TB, note string) []byte {
	t.Helper()
	id := make([]byte, 16)
	for i := range id {
		id[i] = byte(i*37 + len(note))
	}
	body, err := proto.Marshal(&pb.Visit{Day: new(int32(20_700)), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: &note})
	if err != nil {
		t.Fatal(err)
	}
	op, err := proto.Marshal(&pb.Patch{Envelope: &pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Id: id, Subject: id}, Create: new(true), Set: body, PhoneMs: new(int64(1_795_000_000_000)), ServerMs: new(int64(1_795_000_000_000)), Schema: new(uint32(1))})
	if err != nil {
		t.Fatal(err)
	}
	all, err := proto.Marshal(&pb.SyncRequest{Device: new(uint32(3)), Schema: new(uint32(1)), First: new(uint64(9)), Ops: [][]byte{op}})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDictionaryHelps: with the first message already, on text that it was not made of.
func TestDictionaryHelps(t *testing.T) {
	c := NewCompressor()
	var raw, ours, none int
	for _, note := range []string{
		"Bác chủ nhà vừa đi xa về nên chỉ hỏi thăm vài câu, chưa bàn việc gì.",
		"Ngõ nhỏ bị nước đọng suốt tuần, xe máy khó qua, nhờ xã cho đổ đá cấp phối.",
		"Cháu út thi đỗ cấp ba, gia đình xin giấy xác nhận để nhận thưởng.",
		"Cột điện đầu xóm nghiêng sau trận giông hôm trước, rất nguy hiểm.",
	} {
		message := visit(t, note)
		var gz bytes.Buffer
		w := gzip.NewWriter(&gz)
		if _, err := w.Write(message); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		raw, ours, none = raw+len(message), ours+len(pack(t, c, message)), none+gz.Len()
	}
	t.Logf("raw %d, gzip %d, with the dictionary %d", raw, none, ours)
	if ours > none*4/5 || ours > raw*9/10 {
		t.Errorf("raw %d, gzip %d, with the dictionary %d", raw, none, ours)
	}
}

// frameOf packs with options of its own, as no phone of ours does.
func frameOf(t testing.TB, message []byte, o ...zstd.EOption) []byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil, append([]zstd.EOption{zstd.WithEncoderConcurrency(1)}, o...)...)
	if err != nil {
		t.Fatal(err)
	}
	return enc.EncodeAll(message, nil)
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// runs is a frame of n runs of 128 KiB each; the header says neither size nor end.
func runs(n int) []byte {
	b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0b0000_0010, 10 << 3, dictionaryID & 0xff, dictionaryID >> 8}
	for i := range n {
		head := 128<<10<<3 | 1<<1
		if i == n-1 {
			head |= 1
		}
		b = append(b, byte(head), byte(head>>8), byte(head>>16), 0)
	}
	return b
}

// empties is a frame of n blocks with nothing in them.
func empties(n int) []byte {
	b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0b0000_0010, 10 << 3, dictionaryID & 0xff, dictionaryID >> 8}
	return append(append(b, make([]byte, 3*(n-1))...), 1, 0, 0)
}

func TestWhatIsNotTaken(t *testing.T) {
	const limit = 1 << 20
	dict := zstd.WithEncoderDict(dictionary)
	other := bytes.Clone(dictionary)
	other[4]++ // its number
	message := visit(t, "Ruộng gần kênh chưa có nước, lúa bắt đầu vàng lá.")
	good := pack(t, NewCompressor(), message)
	long := bytes.Repeat(message, 2000)
	lying := bytes.Clone(pack(t, NewCompressor(), bytes.Repeat(message, 20)))
	lying[7] ^= 0x40 // the size that the header gives

	for _, c := range []struct {
		name  string
		frame []byte
		want  error
		// most is how many bytes unpacking may allocate.
		most uint64
	}{
		{"a bomb that says its size", pack(t, NewCompressor(), make([]byte, 256<<20)), ErrTooLarge, 1 << 20},
		{"a bomb that does not", runs(2000), ErrTooLarge, 16 << 20},
		{"more blocks than a phone sends", empties(1 << 20), ErrFrame, 16 << 20},
		{"a byte over the limit", pack(t, NewCompressor(), make([]byte, limit+1)), ErrTooLarge, 1 << 20},
		{"a body over the limit", bytes.Repeat([]byte{1}, 4*limit), ErrTooLarge, 16 << 20},
		{"a window of 8 MiB", frameOf(t, make([]byte, 2000), dict, zstd.WithWindowSize(8<<20), zstd.WithSingleSegment(false))[:0], nil, 0},
		{"another dictionary", frameOf(t, message, zstd.WithEncoderDict(other)), ErrDictionary, 1 << 20},
		{"no dictionary", frameOf(t, message), ErrDictionary, 1 << 20},
		{"two frames", append(bytes.Clone(good), good...), ErrFrame, 1 << 20},
		{"something behind the frame", append(bytes.Clone(good), 0), ErrFrame, 1 << 20},
		{"a skippable frame", append([]byte{0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4}, good...), ErrFrame, 1 << 20},
		{"gzip", []byte("\x1f\x8b\x08\x00 this is not zstd"), ErrFrame, 1 << 20},
		{"a size that is not true", lying, ErrFrame, 4 << 20},
		{"a wrong checksum", flip(frameOf(t, long[:100_000], dict, zstd.WithEncoderCRC(true), zstd.WithWindowSize(window))), ErrFrame, 4 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := NewDecompressor(limit)
			var out []byte
			var err error
			cost := allocated(func() {
				if err = d.Reset(bytes.NewReader(c.frame)); err == nil {
					var n int64
					n, err = io.Copy(io.Discard, d)
					out = make([]byte, min(n, 2*limit))
				}
			})
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("%v, want %v", err, c.want)
			}
			if len(out) > limit {
				t.Errorf("%d bytes came out", len(out))
			}
			if cost > c.most+uint64(len(out)) {
				t.Errorf("%d KiB of memory, at most %d are right", cost>>10, c.most>>10)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			// The same unpacker goes on.
			if got, err := unpack(d, good); err != nil || !bytes.Equal(got, message) {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func flip(frame []byte) []byte {
	frame[len(frame)-1] ^= 1
	return frame
}

func TestCutFrames(t *testing.T) {
	d := NewDecompressor(1 << 20)
	frame := pack(t, NewCompressor(), bytes.Repeat(visit(t, "Muốn trồng thêm hai sào ớt, hỏi chỗ mua cây giống tốt."), 3))
	for n := 1; n < len(frame); n++ {
		if out, err := unpack(d, frame[:n]); !errors.Is(err, ErrFrame) {
			t.Fatalf("%d of %d bytes gave %d and %v", n, len(frame), len(out), err)
		}
	}
}

func TestExactlyTheLimit(t *testing.T) {
	for _, n := range []int{1, 100, 128 << 10, 1 << 20} {
		message := bytes.Repeat([]byte("a"), n)
		frame := pack(t, NewCompressor(), message)
		if got, err := unpack(NewDecompressor(int64(n)), frame); err != nil || len(got) != n {
			t.Errorf("%d bytes: %d, %v", n, len(got), err)
		}
		if _, err := unpack(NewDecompressor(int64(n-1)), frame); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes with a limit of one less: %v", n, err)
		}
	}
}

// TestALostSource: what the line says goes on as it is.
func TestALostSource(t *testing.T) {
	d := NewDecompressor(1 << 20)
	lost := errors.New("lost")
	if err := d.Reset(io.MultiReader(strings.NewReader("\x28\xb5"), failing{lost})); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Read(make([]byte, 9)); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestALostSink(t *testing.T) {
	c := NewCompressor()
	c.Reset(failingWriter{})
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzUnpack(f *testing.F) {
	good := pack(f, NewCompressor(), visit(f, "Đã đọc thông báo thu quỹ, thấy mức đóng vừa phải."))
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(runs(20))
	f.Add(empties(20))
	f.Add(pack(f, NewCompressor(), bytes.Repeat([]byte("đường làng "), 20_000)))
	f.Add(frameOf(f, []byte("không có từ điển")))
	f.Add([]byte{})
	const limit = 64 << 10
	c, d := NewCompressor(), NewDecompressor(limit)
	f.Fuzz(func(t *testing.T, frame []byte) {
		out, err := unpack(d, frame)
		if len(out) > limit {
			t.Fatalf("%d bytes came out", len(out))
		}
		if err != nil {
			if !errors.Is(err, ErrFrame) && !errors.Is(err, ErrDictionary) && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("untyped: %v", err)
			}
			return
		}
		if again, err := unpack(d, pack(t, c, out)); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("what came out does not go back: %v", err)
		}
	})
}
