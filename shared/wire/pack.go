package wire

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"sync"

	"connectrpc.com/connect"
	"github.com/klauspost/compress/flate"
)

// level is the fastest of klauspost/compress that looks for matches of three and four bytes,
// as the standard library's does: in its time, with 4 % fewer bytes than that one's level 4.
const level = 7

const (
	// partSize is from how much on another processor is worth its start.
	partSize = 64 << 10
	// mostParts of a message are packed at a time; each takes about 1 MiB.
	mostParts = 4
	// window is how far back a match may lie.
	window = 32 << 10
)

// Worth is the size in bytes from which packing makes a call shorter. A request without
// changes is mostly digests and ids and stays below.
const Worth = 128

// packer is a connect.Compressor.
type packer struct {
	to    io.Writer
	w     *flate.Writer
	begun bool
	// parts pack what follows the first part of a long message, each beside the others.
	parts []*part
}

type part struct {
	out bytes.Buffer
	w   *flate.Writer
	err error
}

// NewCompressor makes a compressor for messages of SyncService. It holds about 1 MiB and is
// for one goroutine at a time; Connect pools it.
func NewCompressor() connect.Compressor { return &packer{to: io.Discard} }

func (p *packer) Reset(to io.Writer) { p.to, p.begun = to, false }

// sink keeps the pooled writer from holding on to the last body.
type sink struct{ p *packer }

func (s sink) Write(b []byte) (int, error) { return s.p.to.Write(b) }

// begin writes the mark; the writer is set up here and not in Reset, since Connect leaves
// an idle packer reset.
func (p *packer) begin() error {
	if p.w == nil {
		w, err := flate.NewWriterDict(sink{p}, level, dictionary)
		if err != nil {
			return fmt.Errorf("make compressor: %w", err)
		}
		p.w = w
	} else {
		p.w.ResetDict(sink{p}, dictionary) // Reset would take that of the last message
	}
	p.begun = true
	if _, err := p.to.Write(mark[:]); err != nil {
		return fmt.Errorf("write mark: %w", err)
	}
	return nil
}

func (p *packer) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if !p.begun {
		if err := p.begin(); err != nil {
			return 0, err
		}
	}
	if n := min(len(b)/partSize, mostParts, runtime.GOMAXPROCS(0)); n > 1 {
		return p.writeParts(b, n)
	}
	return p.w.Write(b)
}

// writeParts packs a long message in n parts at once. Every part begins at a byte of its own
// and may refer to what stands before it, so together they are one stream.
func (p *packer) writeParts(b []byte, n int) (int, error) {
	size := (len(b) + n - 1) / n
	for len(p.parts) < n-1 {
		p.parts = append(p.parts, &part{})
	}
	var group sync.WaitGroup
	for i, x := range p.parts[:n-1] {
		at := (i + 1) * size
		group.Go(func() { x.pack(b[at-window:at], b[at:min(at+size, len(b))]) })
	}
	_, err := p.w.Write(b[:size])
	if err == nil {
		err = p.w.Flush()
	}
	group.Wait()
	for _, x := range p.parts[:n-1] {
		if err == nil {
			err = x.err
		}
		if err == nil {
			_, err = p.to.Write(x.out.Bytes())
		}
	}
	if err != nil {
		return 0, fmt.Errorf("pack: %w", err)
	}
	// What may follow goes on from the end of all parts.
	p.w.ResetDict(sink{p}, b[len(b)-window:])
	return len(b), nil
}

// pack packs what follows before.
func (x *part) pack(before, b []byte) {
	x.out.Reset()
	if x.w == nil {
		if x.w, x.err = flate.NewWriterDict(&x.out, level, before); x.err != nil {
			return
		}
	} else {
		x.w.ResetDict(&x.out, before)
	}
	if _, x.err = x.w.Write(b); x.err == nil {
		x.err = x.w.Flush()
	}
}

// Close ends the stream; nothing was written: nothing is.
func (p *packer) Close() error {
	if !p.begun {
		return nil
	}
	p.begun = false
	if err := p.w.Close(); err != nil {
		return fmt.Errorf("end stream: %w", err)
	}
	return nil
}
