package bench

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/importer"
	"sodanvan/test/probe"
)

func TestMain(m *testing.M) {
	os.Exit(probe.Main(m))
}

const (
	rounds     = 5
	manyRows   = 10_000
	households = 100
	members    = 10
)

// wire counts the bytes of a phone's connections, TLS included.
type wire struct{ up, down, calls atomic.Int64 }

type counted struct {
	net.Conn
	w *wire
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.w.down.Add(int64(n))
	return n, err
}

func (c counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.w.up.Add(int64(n))
	return n, err
}

func (w *wire) take() (up, down, calls float64) {
	return float64(w.up.Swap(0)), float64(w.down.Swap(0)), float64(w.calls.Swap(0))
}

type rounder struct {
	http.RoundTripper
	w *wire
}

func (r rounder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.w.calls.Add(1)
	return r.RoundTripper.RoundTrip(req)
}

// count puts the phone on a counted connection; its TLS stays pinned.
func count(p *probe.Phone) *wire {
	w := &wire{}
	cfg := seal.ClientTLS(p.Pins)
	cfg.NextProtos = []string{"h2"}
	tr := &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := tls.Client(counted{raw, w}, cfg)
		return c, c.HandshakeContext(ctx)
	}}
	p.Line.Client = &http.Client{Transport: rounder{tr, w}, Timeout: time.Minute}
	p.Packed, p.Brief = true, true
	return w
}

func cpu(b *testing.B, pid int) time.Duration {
	b.Helper()
	// The kernel's clock of another process (clock_getcpuclockid); /proc counts in steps of 10 ms.
	var at unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &at); err != nil {
		b.Fatal(err)
	}
	return time.Duration(at.Nano())
}

// roster is one branch whose members look after ten households each.
func roster() *importer.Roster {
	br := importer.Branch{Key: "bench", Name: "Chi bộ Mẫu"}
	for m := range members {
		office := ""
		if m == 0 {
			office = importer.OfficeSecretary
		}
		name := fmt.Sprintf("Đảng viên %02d", m)
		br.Members = append(br.Members, importer.Member{Key: name, Name: name, Office: office})
		for h := range households / members {
			br.Households = append(br.Households, importer.Household{Key: fmt.Sprint(m, "/", h), HouseholdFields: importer.HouseholdFields{
				Head: fmt.Sprintf("Chủ hộ %d-%d", m, h), Hamlet: "Xóm Đình", Address: fmt.Sprint("số ", h), Size: 4, Phone: "0912345678", Member: name}})
		}
	}
	return &importer.Roster{Branches: []importer.Branch{br}}
}

type run struct {
	push, pull                time.Duration
	pushUp, pushDown          float64
	pullUp, pullDown          float64
	pushCPU, pullCPU          time.Duration
	oneUp, oneDown, oneCalls  float64
	newBytes, newCalls        float64
	newCPU                    time.Duration
	newRows                   int
	floor, each, call, digest time.Duration
}

// BenchmarkSync prints the table; its own number means nothing.
func BenchmarkSync(b *testing.B) {
	r := readerOf(rand.New(rand.NewPCG(seed, 2)))
	var categories []book.ID
	for i := range topics {
		categories = append(categories, book.NewID(1_780_000_000_000+int64(i), r))
	}
	var runs []run
	var asJSON, best float64
	for b.Loop() {
		for range rounds {
			got, vs := once(b, categories)
			runs = append(runs, got)
			asJSON, best = weigh(vs)
		}
	}
	print(runs, asJSON, best)
}

func once(b *testing.B, categories []book.ID) (run, []visit) {
	var out run
	s := probe.StartProcess(b, probe.Options{})
	defer s.Stop()
	if _, err := s.Registry.ImportRoster(context.Background(), roster(), "Xã Mẫu", false); err != nil {
		b.Fatal(err)
	}
	people, err := s.Registry.People(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	// One writer looks after all the households, as in the floor: the secretary's own.
	writer := s.Phone(b, people[0].ID)
	w := count(writer)
	writer.Holder = func(p *pb.Patch) *pb.Holder {
		return &pb.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD.Enum(), Id: p.GetEnvelope().GetSubject()}
	}
	writer.Page = 1 << 20
	writer.Sync()
	var ids []book.ID
	var consents [][]byte
	mine := mineOf(writer)
	for _, h := range mine {
		ids = append(ids, h)
		consents = append(consents, writer.Consent(h, pb.Purpose_PURPOSE_KEEP))
	}
	writer.Sync(consents...)
	vs := makeVisits(manyRows, ids, []book.ID{writer.Member})

	ops := make([][]byte, len(vs))
	for i, v := range vs {
		ops[i] = writer.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: v.ID, Subject: v.Household, Create: true, Set: v.message(categories)})
	}
	w.take()
	before := cpu(b, s.Process.PID())
	start := time.Now()
	const callOps = 2500
	for part := range slices.Chunk(ops, callOps) {
		if _, err := writer.Try(part...); err != nil {
			b.Fatal(err)
		}
	}
	out.push = time.Since(start)
	out.pushCPU = cpu(b, s.Process.PID()) - before
	up, down, _ := w.take()
	out.pushUp, out.pushDown = up/manyRows, down/manyRows
	for n := writer.Last - manyRows + 1; n <= writer.Last; n++ {
		if writer.Acks[n].GetResult() != pb.Result_RESULT_STORED {
			b.Fatalf("op %d: %v", n, writer.Acks[n])
		}
	}

	writer.Brief = false
	writer.Sync()
	if wrong := writer.Equal(); wrong != "" {
		b.Fatal(wrong)
	}
	writer.Brief = true

	reader := s.Phone(b, people[0].ID)
	rw := count(reader)
	reader.Page = 1 << 20
	before = cpu(b, s.Process.PID())
	start = time.Now()
	reader.Sync()
	out.pull = time.Since(start)
	out.pullCPU = cpu(b, s.Process.PID()) - before
	up, down, _ = rw.take()
	out.pullUp, out.pullDown = up/manyRows, down/manyRows
	if n := reader.Count(pb.Kind_KIND_VISIT); n != manyRows {
		b.Fatalf("pulled %d visits", n)
	}

	// One changed row: the writer edits a note; a warm connection carries it up, and the
	// merged row comes back in the same round trip.
	writer.Sync()
	edit := writer.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: vs[7].ID, Set: &pb.Visit{Note: proto.String("Đã hẹn lại sau vụ gặt.")}})
	writer.Page = 0
	w.take()
	if _, err := writer.Try(edit); err != nil {
		b.Fatal(err)
	}
	out.oneUp, out.oneDown, out.oneCalls = w.take()

	// A new phone of a member with 600 rows: ten households and what was said there.
	small := s.Phone(b, people[1].ID)
	small.Sync()
	var few [][]byte
	hs := mineOf(small)
	for _, h := range hs {
		few = append(few, small.Consent(h, pb.Purpose_PURPOSE_KEEP))
	}
	for _, v := range makeVisits(600-len(small.Rows)-len(few), hs, []book.ID{small.Member}) {
		v.ID[15] ^= 0xff // the seed is the same: other ids than above
		few = append(few, small.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: v.ID, Subject: v.Household, Create: true, Set: v.message(categories)}))
	}
	small.Sync(few...)
	fresh := s.Phone(b, people[1].ID)
	fw := count(fresh)
	fresh.Page = 256 << 10
	before = cpu(b, s.Process.PID())
	fresh.Sync()
	out.newCPU = cpu(b, s.Process.PID()) - before
	up, down, calls := fw.take()
	out.newBytes, out.newCalls, out.newRows = up+down, calls, len(fresh.Rows)

	out.floor = floor(b, vs, categories, false, false, false)
	out.each = floor(b, vs, categories, true, false, false)
	out.call = floor(b, vs, categories, false, true, false)
	out.digest = floor(b, vs, categories, false, true, true)
	return out, vs
}

// mineOf lists the households that the phone's member looks after.
func mineOf(p *probe.Phone) (out []book.ID) {
	for id, row := range p.Rows {
		if row.GetEnvelope().GetKind() != pb.Kind_KIND_HOUSEHOLD {
			continue
		}
		var h pb.Household
		if _, err := lww.Decode(row.GetBody(), &h); err != nil {
			p.T.Fatal(err)
		}
		if string(h.GetMember()) == string(p.Member[:]) {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b book.ID) int { return slices.Compare(a[:], b[:]) })
	return out
}

func median[T int | float64 | time.Duration](runs []run, of func(run) T) T {
	var all []T
	for _, r := range runs {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func print(runs []run, asJSON, best float64) {
	seconds := func(of func(run) time.Duration) float64 { return median(runs, of).Seconds() }
	base := seconds(func(r run) time.Duration { return r.floor })
	fmt.Printf("\n%d visits, seed %d: %.0f B a row as JSON, %.0f B at zstd's best; medians of %d rounds\n\n", manyRows, seed, asJSON, best, len(runs))
	fmt.Printf("%-46s %10s %12s %12s\n", "", "s", "x floor", "budget")
	line := func(name string, of func(run) time.Duration, budget string) {
		v := seconds(of)
		fmt.Printf("%-46s %10.3f %12.2f %12s\n", name, v, v/base, budget)
	}
	line("floor: upserts, fsync per 500", func(r run) time.Duration { return r.floor }, "")
	line("  and a log row an op", func(r run) time.Duration { return r.each }, "")
	line("  and a log row a call", func(r run) time.Duration { return r.call }, "")
	line("  and a log row a call and a digest a holder", func(r run) time.Duration { return r.digest }, "")
	line("push 10,000", func(r run) time.Duration { return r.push }, "0.8")
	line("  server's processor time", func(r run) time.Duration { return r.pushCPU }, "")
	line("pull 10,000", func(r run) time.Duration { return r.pull }, "0.8")
	line("  server's processor time", func(r run) time.Duration { return r.pullCPU }, "")
	fmt.Printf("\n%-46s %10s %10s %14s\n", "bytes on the wire, TLS included", "up", "down", "budget")
	fmt.Printf("%-46s %10.1f %10.1f %14s\n", "a row in push", median(runs, func(r run) float64 { return r.pushUp }), median(runs, func(r run) float64 { return r.pushDown }), "105")
	fmt.Printf("%-46s %10.1f %10.1f %14s\n", "a row in pull", median(runs, func(r run) float64 { return r.pullUp }), median(runs, func(r run) float64 { return r.pullDown }), "105")
	fmt.Printf("%-46s %10.0f %10.0f %14s (%.0f round trip)\n", "one changed row, warm connection", median(runs, func(r run) float64 { return r.oneUp }), median(runs, func(r run) float64 { return r.oneDown }), "400 in all", median(runs, func(r run) float64 { return r.oneCalls }))
	fmt.Printf("\na new phone, %d rows: %.0f round trips (budget 2), %.0f KB (65), %d ms of the server's processor (25)\n\n",
		median(runs, func(r run) int { return r.newRows }), median(runs, func(r run) float64 { return r.newCalls }),
		median(runs, func(r run) float64 { return r.newBytes })/1000, median(runs, func(r run) time.Duration { return r.newCPU }).Milliseconds())
}
