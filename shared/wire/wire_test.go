package wire

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"connectrpc.com/connect"
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

func unpack(d connect.Decompressor, body []byte) ([]byte, error) {
	if err := d.Reset(bytes.NewBuffer(body)); err != nil {
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
	if got := hex.EncodeToString(sum[:]); got != "6cc406e6b2435e8c15efea2cadb691275f3e0721f8340591cc8b094109feb137" {
		t.Errorf("dict-1.bin is %s", got)
	}
	if len(dictionary) >= 32<<10 {
		t.Errorf("%d bytes: what is farther back than the window is dead weight", len(dictionary))
	}
}

func TestRoundTrip(t *testing.T) {
	c, d := NewCompressor(), NewDecompressor(8<<20)
	rapid.Check(t, func(rt *rapid.T) {
		message := rapid.SliceOf(rapid.Byte()).Draw(rt, "bytes")
		if rapid.Bool().Draw(rt, "repeated") { // longer than blocks and the window
			message = bytes.Repeat(append(message, "đường làng "...), rapid.IntRange(1, 40_000).Draw(rt, "times"))
			message = message[:min(len(message), 3<<20)]
		}
		got, err := unpack(d, pack(t, c, message))
		if err != nil || !bytes.Equal(got, message) {
			rt.Fatalf("%d bytes came back of %d: %v", len(got), len(message), err)
		}
	})
}

// TestSizes goes over the edges of blocks and of the window, with what cannot be packed.
func TestSizes(t *testing.T) {
	c, d := NewCompressor(), NewDecompressor(4<<20)
	r := rapid.SliceOfN(rapid.Byte(), 40_000, 40_000).Example(1)
	for _, n := range []int{0, 1, 255, 256, 1023, 1024, 1025, 32<<10 - 1, 32 << 10, 64<<10 + 1, 4 << 20} {
		message := bytes.Repeat(r, n/len(r)+1)[:n]
		body := pack(t, c, message)
		got, err := unpack(d, body)
		if err != nil || !bytes.Equal(got, message) {
			t.Errorf("%d bytes: %d came back, %v", n, len(got), err)
		}
		if n > 0 && len(body) > n+18+5*(n>>14) {
			t.Errorf("%d bytes became %d", n, len(body))
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

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// empties are n blocks with nothing in them, and an end.
func empties(n int) []byte {
	return append(append(mark[:], bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, n)...), 1, 0, 0, 0xff, 0xff)
}

// zeros are packed n times 32 KiB, as a bomb would.
func zeros(t testing.TB, n int) []byte {
	t.Helper()
	c := NewCompressor()
	var out bytes.Buffer
	c.Reset(&out)
	for range n {
		if _, err := c.Write(make([]byte, 32<<10)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// counted counts what was read of a source.
type counted struct {
	*bytes.Reader
	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

func (c *counted) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func TestWhatIsNotTaken(t *testing.T) {
	const limit = 1 << 20
	message := visit(t, "Ruộng gần kênh chưa có nước, lúa bắt đầu vàng lá.")
	good := pack(t, NewCompressor(), message)
	other := bytes.Clone(good)
	other[1]++
	var plain bytes.Buffer
	w, err := flate.NewWriter(&plain, 9)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(message); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	for _, c := range []struct {
		name string
		body []byte
		want error
		// out is how many bytes may come out before the error; read, how many may be read.
		out, read int
	}{
		{"a bomb of 256 MiB", zeros(t, 8192), ErrTooLarge, limit, 8 << 10},
		{"a byte over the limit", pack(t, NewCompressor(), make([]byte, limit+1)), ErrTooLarge, limit, 8 << 10},
		{"another dictionary", other, ErrDictionary, 0, 2},
		{"no dictionary", plain.Bytes(), ErrDictionary, 0, 2},
		{"gzip", []byte("\x1f\x8b\x08\x00 this is not ours"), ErrDictionary, 0, 2},
		{"two of them", append(bytes.Clone(good), good...), ErrDamaged, len(message), len(good) + 1},
		{"something behind it", append(bytes.Clone(good), 0), ErrDamaged, len(message), len(good) + 1},
		{"a mark alone", mark[:], ErrDamaged, 0, 2},
		{"half a mark", mark[:1], ErrDamaged, 0, 1},
		{"a kind of block that is not there", append(mark[:], 7), ErrDamaged, 0, 3},
		{"a reference to before the dictionary", append(mark[:], 0x03, 0xff, 0xff, 0xff), ErrDamaged, 0, 6},
		{"empty blocks and no more", empties(200_000), nil, 0, 5*200_001 + 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := NewDecompressor(limit)
			src := &counted{Reader: bytes.NewReader(c.body)}
			var n int64
			var err error
			cost := allocated(func() {
				if err = d.Reset(src); err == nil {
					n, err = io.Copy(io.Discard, d)
				}
			})
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if n > int64(c.out) || src.n > c.read {
				t.Errorf("%d bytes came out of %d, at most %d of %d are right", n, src.n, c.out, c.read)
			}
			// A window of 32 KiB, the dictionary, the tables of a block, io.Copy's buffer.
			if cost > 512<<10 {
				t.Errorf("%d KiB of memory", cost>>10)
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

func TestCut(t *testing.T) {
	d := NewDecompressor(1 << 20)
	body := pack(t, NewCompressor(), bytes.Repeat(visit(t, "Muốn trồng thêm hai sào ớt, hỏi chỗ mua cây giống tốt."), 3))
	for n := 1; n < len(body); n++ {
		if out, err := unpack(d, body[:n]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("%d of %d bytes gave %d and %v", n, len(body), len(out), err)
		}
	}
}

func TestExactlyTheLimit(t *testing.T) {
	for _, n := range []int{1, 100, 128 << 10, 1 << 20} {
		message := bytes.Repeat([]byte("a"), n)
		body := pack(t, NewCompressor(), message)
		if got, err := unpack(NewDecompressor(int64(n)), body); err != nil || len(got) != n {
			t.Errorf("%d bytes: %d, %v", n, len(got), err)
		}
		if _, err := unpack(NewDecompressor(int64(n-1)), body); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes with a limit of one less: %v", n, err)
		}
	}
}

// TestALostSource: what the line says goes on as it is.
func TestALostSource(t *testing.T) {
	d := NewDecompressor(1 << 20)
	lost := errors.New("lost")
	if err := d.Reset(io.MultiReader(bytes.NewReader(mark[:]), failing{lost})); err != nil {
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
	if _, err := c.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	message := []byte("đường làng")
	if got, err := unpack(NewDecompressor(100), pack(t, c, message)); err != nil || !bytes.Equal(got, message) {
		t.Errorf("afterwards: %v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzUnpack(f *testing.F) {
	good := pack(f, NewCompressor(), visit(f, "Đã đọc thông báo thu quỹ, thấy mức đóng vừa phải."))
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(zeros(f, 4))
	f.Add(empties(20))
	f.Add(pack(f, NewCompressor(), bytes.Repeat([]byte("đường làng "), 20_000)))
	f.Add(append(mark[:], "không phải dòng nén"...))
	f.Add([]byte{})
	const limit = 64 << 10
	c, d := NewCompressor(), NewDecompressor(limit)
	f.Fuzz(func(t *testing.T, body []byte) {
		out, err := unpack(d, body)
		if len(out) > limit {
			t.Fatalf("%d bytes came out", len(out))
		}
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrDictionary) && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("untyped: %v", err)
			}
			return
		}
		if again, err := unpack(d, pack(t, c, out)); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("what came out does not go back: %v", err)
		}
	})
}

// TestPartsAreOneStream: long writes are packed in parts, short ones between them are not, and
// the standard library reads all of it as one stream of DEFLATE.
func TestPartsAreOneStream(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(mostParts))
	c := NewCompressor()
	rapid.Check(t, func(rt *rapid.T) {
		var message, body bytes.Buffer
		c.Reset(&body)
		words := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(rt, "words")
		for range rapid.IntRange(1, 3).Draw(rt, "writes") {
			n := rapid.SampledFrom([]int{1, 500, partSize, 2*partSize - 1, 2 * partSize, 3*partSize + 7, mostParts*partSize + 1, 700_000}).Draw(rt, "bytes")
			piece := bytes.Repeat(append(words, byte(n)), n/(len(words)+1)+1)[:n]
			message.Write(piece)
			if got, err := c.Write(piece); got != n || err != nil {
				rt.Fatalf("wrote %d of %d: %v", got, n, err)
			}
		}
		if err := c.Close(); err != nil {
			rt.Fatal(err)
		}
		got, err := io.ReadAll(flate.NewReaderDict(bytes.NewReader(body.Bytes()[len(mark):]), dictionary))
		if err != nil || !bytes.Equal(got, message.Bytes()) {
			rt.Fatalf("%d bytes came back of %d: %v", len(got), message.Len(), err)
		}
	})
}

// TestAPackerForgets: what a pooled packer writes does not depend on what it packed before.
func TestAPackerForgets(t *testing.T) {
	used := NewCompressor()
	secret := bytes.Repeat([]byte("Hộ ông Tư ở xóm Đình hỏi vay vốn. "), 10_000)
	pack(t, used, secret)
	if message := secret[:200]; !bytes.Equal(pack(t, used, message), pack(t, NewCompressor(), message)) {
		t.Error("a message is packed with the words of the one before")
	}
}
