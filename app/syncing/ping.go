package syncing

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"

	"sodanvan/shared/seal"
)

// Pong is what one connection to the server showed.
type Pong struct {
	// Handshake is how long TLS took, Took the whole call.
	Handshake, Took time.Duration
	// TLS is the version, as "TLS 1.3"; empty: plain, on loopback.
	TLS string
	// Ahead is the server's clock minus this device's, to a second or two; Clock tells that
	// the server said what time it is.
	Ahead time.Duration
	Clock bool
}

// Ping makes a new connection to the pinned server, asks nothing of the book, and says how it
// went. Errors are those of the network and seal.ErrNotPinned.
func (c *Client) Ping(ctx context.Context) (Pong, error) {
	ctx, cancel := context.WithTimeout(ctx, shortDeadline)
	defer cancel()
	t, address, err := transport(c.identity().Address, c.o, seal.ClientTLS(pinsOf(c.identity())))
	if err != nil {
		return Pong{}, err
	}
	defer t.CloseIdleConnections()
	var p Pong
	var began time.Time
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		TLSHandshakeStart: func() { began = time.Now() },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { p.Handshake = time.Since(began) },
	})
	// Any answer will do: its header has the server's clock.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/", nil)
	if err != nil {
		return Pong{}, fmt.Errorf("ping: %w", err)
	}
	start := time.Now()
	resp, err := (&http.Client{Transport: t, CheckRedirect: noRedirect}).Do(req)
	if err != nil {
		return Pong{}, fmt.Errorf("ping: %w", err)
	}
	defer resp.Body.Close()
	p.Took = time.Since(start)
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10)
	if resp.TLS != nil {
		p.TLS = tls.VersionName(resp.TLS.Version)
	}
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		p.Clock, p.Ahead = true, at.Sub(start.Add(p.Took/2))
	}
	return p, nil
}
