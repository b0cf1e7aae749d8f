package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
)

const (
	// peerRounds are run in turn, so that a busy minute of the machine meets both sides.
	peerRounds = 5
	// peerBatch and peerBatches are PouchDB's batch_size and batches_limit. Of 100 (its
	// default), 500, 1000, 2500 and 5000 documents a batch, 2500 was its fastest.
	peerBatch, peerBatches = 2500, 10
)

// passed is what one side took to carry the set up and down.
type passed struct {
	push, pull       time.Duration
	pushCPU, pullCPU time.Duration
	up, down         float64
}

// BenchmarkPeers prints the same set through this product and through PouchDB and
// express-pouchdb; its own number means nothing. make bench-peers installs the peer.
func BenchmarkPeers(b *testing.B) {
	categories := categoryIDs()
	var product, books, peers, light []passed
	for b.Loop() {
		for range peerRounds {
			d := openDesk(b, categories)
			product = append(product, d.pass(b))
			file := writeDocuments(b, d.visits)
			d.Stop()
			books = append(books, throughBooks(b, categories))
			peers = append(peers, throughPeer(b, file, "leveldb"))
			light = append(light, throughPeer(b, file, "memory"))
		}
	}
	fmt.Printf("\n%d visits, seed %d; push to a server and pull to an empty phone, medians of %d interleaved rounds\n\n", manyRows, seed, len(product))
	fmt.Printf("%-52s %8s %8s %8s %8s %8s %8s\n", "", "push s", "pull s", "up MB", "down MB", "CPU s", "both s")
	show("Sổ Dân Vận, a phone that keeps nothing on disk", product)
	show("Sổ Dân Vận, the app's sealed book", books)
	show("PouchDB in memory → express-pouchdb", light)
	show("PouchDB on LevelDB → express-pouchdb", peers)
	fmt.Printf("\n%-52s %8s %8s %8s %8s %8s\n", "times faster, or smaller", "push", "pull", "bytes", "CPU", "both")
	compare("without a phone's disk (budget: 5)", light, product)
	compare("with it", peers, books)
	fmt.Printf("\nCPU is the server's. The peer has no TLS, no rights, no validation and no fsync (LevelDB's default), batches of %d\n\n", peerBatch)
}

func show(name string, of []passed) {
	fmt.Printf("%-52s %8.2f %8.2f %8.2f %8.2f %8.2f %8.2f\n", name,
		median(of, func(p passed) time.Duration { return p.push }).Seconds(), median(of, func(p passed) time.Duration { return p.pull }).Seconds(),
		median(of, func(p passed) float64 { return p.up })/1e6, median(of, func(p passed) float64 { return p.down })/1e6,
		median(of, func(p passed) time.Duration { return p.pushCPU + p.pullCPU }).Seconds(), median(of, passed.both))
}

func (p passed) both() float64 { return (p.push + p.pull).Seconds() }

func compare(name string, slow, fast []passed) {
	ratio := func(of func(passed) float64) float64 { return median(slow, of) / median(fast, of) }
	fmt.Printf("%-52s %8.1f %8.1f %8.1f %8.1f %8.1f\n", name,
		ratio(func(p passed) float64 { return p.push.Seconds() }), ratio(func(p passed) float64 { return p.pull.Seconds() }),
		ratio(func(p passed) float64 { return p.up + p.down }), ratio(func(p passed) float64 { return (p.pushCPU + p.pullCPU).Seconds() }),
		ratio(passed.both))
}

// pass takes the set up with the desk's own phone and down with a new one.
func (d *desk) pass(b *testing.B) (out passed) {
	var up, down [2]float64
	out.push, out.pushCPU, up[0], down[0] = d.push(b)
	out.pull, out.pullCPU, up[1], down[1] = d.pull(b)
	out.up, out.down = up[0]+up[1], down[0]+down[1]
	return out
}

// throughBooks does the same with the app's own phone: its outbox, its sealed database with
// an fsync a page, and its engine.
func throughBooks(b *testing.B, categories []book.ID) (out passed) {
	d := openDesk(b, categories)
	defer d.Stop()
	ctx := b.Context()
	first := openBook(b, d)
	first.sync(b)
	writes := make([]store.Write, len(d.visits))
	for i, v := range d.visits {
		writes[i] = store.Write{Holder: book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: v.Household}, Unit: d.writer.Branch,
			Patch: &pb.Patch{Envelope: &pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Id: v.ID.Bytes(), Subject: v.Household.Bytes()},
				Create: proto.Bool(true), Schema: proto.Uint32(book.Schema), Set: d.writer.Encode(v.message(categories))}}
	}
	if _, err := first.AddOps(ctx, writes...); err != nil {
		b.Fatal(err)
	}
	first.wire.take()
	out.push, out.pushCPU = d.timed(b, func() { first.sync(b) })
	pushUp, pushDown, _ := first.wire.take()
	if left := first.Snapshot().Unsent(); left != 0 {
		b.Fatalf("%d changes are left", left)
	}

	fresh := openBook(b, d)
	out.pull, out.pullCPU = d.timed(b, func() { fresh.sync(b) })
	pullUp, pullDown, _ := fresh.wire.take()
	for _, v := range d.visits {
		if _, ok := fresh.Snapshot().Row(v.ID); !ok {
			b.Fatalf("visit %s did not arrive", v.ID)
		}
	}
	out.up, out.down = pushUp+pullUp, pushDown+pullDown
	return out
}

// timed measures fn, and what it cost the server's processor.
func (d *desk) timed(b *testing.B, fn func()) (took, cpuTime time.Duration) {
	before := cpu(b, d.Process.PID())
	start := time.Now()
	fn()
	return time.Since(start), cpu(b, d.Process.PID()) - before
}

// appBook is the app without its screens, on a counted connection.
type appBook struct {
	*store.Store
	engine *syncing.Engine
	client *syncing.Client
	wire   *wire
}

// openBook makes the book of a new phone of the desk's secretary.
func openBook(b *testing.B, d *desk) *appBook {
	b.Helper()
	ctx, w := b.Context(), &wire{}
	id, err := syncing.Enrol(ctx, seal.Invitation{Code: d.Codes(b, d.people[0].ID), Address: d.URL()}, "", "máy thử (bịa)", syncing.Options{})
	if err != nil {
		b.Fatal(err)
	}
	o := store.Options{Dir: filepath.Join(b.TempDir(), "book"), PIN: seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}}
	st, err := store.Create(ctx, o, id, "271828", seal.NoDeviceSecret{})
	if err != nil {
		b.Fatal(err)
	}
	client, err := syncing.NewClient(func() store.Identity { return st.Snapshot().State().Identity }, syncing.Options{
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return counted{c, w}, err
		}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { client.Close(); st.Close() })
	return &appBook{st, syncing.New(st, syncing.Config{}), client, w}
}

func (a *appBook) sync(b *testing.B) {
	b.Helper()
	a.engine.Kick()
	out, err := syncing.Run(b.Context(), a.engine, a.Store, a.client)
	if err != nil || out.Kind != syncing.Rest {
		b.Fatalf("%s %q: %v", out.Kind, out.Sentence, err)
	}
}

// writeDocuments puts the set into a file, a JSON document a line.
func writeDocuments(b *testing.B, vs []visit) string {
	b.Helper()
	var all []byte
	for _, v := range vs {
		all = append(append(all, v.asJSON()...), '\n')
	}
	path := filepath.Join(b.TempDir(), "documents.jsonl")
	if err := os.WriteFile(path, all, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// node is a program of the peer's that is spoken to line by line.
type node struct {
	b    *testing.B
	cmd  *exec.Cmd
	in   io.WriteCloser
	said *bufio.Scanner
}

func startNode(b *testing.B, script string, args ...string) *node {
	b.Helper()
	home := filepath.Join("..", "..", "build", "bench-peers")
	if _, err := os.Stat(filepath.Join(home, "node_modules", "pouchdb")); err != nil {
		b.Fatal("the peer is not installed: run make bench-peers")
	}
	n := &node{b: b, cmd: exec.Command("node", append([]string{script}, args...)...)}
	n.cmd.Dir, n.cmd.Stderr = home, os.Stderr
	n.cmd.Env = append(os.Environ(), "NODE_ENV=production")
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if n.in, err = n.cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	if err := n.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	n.said = bufio.NewScanner(out)
	b.Cleanup(n.end)
	return n
}

// end closes the program's input, which ends it.
func (n *node) end() {
	if n.cmd.ProcessState == nil {
		n.in.Close()
		if err := n.cmd.Wait(); err != nil {
			n.b.Errorf("%v: %v", n.cmd.Args, err)
		}
	}
}

// hear reads one line of the program into an answer.
func (n *node) hear(answer any) {
	n.b.Helper()
	if !n.said.Scan() {
		n.b.Fatalf("%v said no more: %v", n.cmd.Args, n.said.Err())
	}
	if err := json.Unmarshal(n.said.Bytes(), answer); err != nil {
		n.b.Fatalf("%v said %q: %v", n.cmd.Args, n.said.Text(), err)
	}
}

// ask writes a line and reads the one that answers it.
func (n *node) ask(line string, answer any) {
	n.b.Helper()
	if _, err := fmt.Fprintln(n.in, line); err != nil {
		n.b.Fatal(err)
	}
	n.hear(answer)
}

// throughPeer carries the documents through the peer, whose phone keeps them with adapter.
func throughPeer(b *testing.B, file, adapter string) (out passed) {
	server := startNode(b, "server.js", b.TempDir())
	defer server.end()
	var at struct{ URL string }
	server.hear(&at)
	client := startNode(b, "client.js", at.URL, b.TempDir(), file, adapter, strconv.Itoa(peerBatch), strconv.Itoa(peerBatches))
	defer client.end()
	var ready struct{ Ready int }
	client.hear(&ready)
	carry := func(what string) (took, cpuTime time.Duration) {
		var done struct {
			Seconds float64
			Docs    int
		}
		before := cpu(b, server.cmd.Process.Pid)
		client.ask(what, &done)
		if done.Docs != manyRows {
			b.Fatalf("%s: %d documents arrived", what, done.Docs)
		}
		return time.Duration(done.Seconds * float64(time.Second)), cpu(b, server.cmd.Process.Pid) - before
	}
	var wire struct{ Up, Down float64 }
	server.ask("count", &wire) // what warming up took
	out.push, out.pushCPU = carry("push")
	out.pull, out.pullCPU = carry("pull")
	server.ask("count", &wire)
	out.up, out.down = wire.Up, wire.Down
	return out
}
