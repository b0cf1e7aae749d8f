package api

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"

	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
)

// An enrolment proof is bound to the very connection and to the leaf that this server
// showed on it. The leaf may be renewed while connections live, and Go does not tell a
// handler which one its own side showed, so the connection itself remembers.

// conn is a connection that knows the leaf shown on it.
type conn struct {
	net.Conn
	spki atomic.Pointer[[]byte]
}

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

// Certificate gives the certificate in use at this moment.
type Certificate func() (*tls.Certificate, error)

// TLSListener speaks TLS 1.3 on inner with the certificate that current gives for each new
// connection. Use it with a server of NewHTTPServer. Session tickets are off: a resumed
// session shows no leaf, so an enrolment could not be bound to it, and phones keep one
// connection open anyway.
func TLSListener(inner net.Listener, current Certificate) net.Listener {
	return tls.NewListener(listener{inner}, &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{"h2", "http/1.1"},
		SessionTicketsDisabled: true,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			cert, err := current()
			if err != nil {
				return nil, err
			}
			if cert.Leaf == nil {
				return nil, fmt.Errorf("tls listener: certificate without a parsed leaf")
			}
			if c, ok := hello.Conn.(*conn); ok {
				spki := cert.Leaf.RawSubjectPublicKeyInfo
				c.spki.Store(&spki)
			}
			return cert, nil
		},
	})
}

type connKey struct{}

// rememberConn is for http.Server.ConnContext.
func rememberConn(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if own, ok := c.(*conn); ok {
		return context.WithValue(ctx, connKey{}, own)
	}
	return ctx
}

// channelOf tells the facts of the connection of r: exported keying material and our leaf
// for TLS, neither on plain loopback, and the address of the other end without its port.
func channelOf(r *http.Request) (registry.Channel, error) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ch := registry.Channel{Remote: host}
	if r.TLS == nil {
		return ch, nil
	}
	if ch.EKM, err = seal.ChannelBinding(*r.TLS); err != nil {
		return registry.Channel{}, fmt.Errorf("channel: %w", err)
	}
	own, _ := r.Context().Value(connKey{}).(*conn)
	if own == nil || own.spki.Load() == nil {
		return registry.Channel{}, fmt.Errorf("channel: the leaf shown on this connection is not known")
	}
	ch.SPKI = *own.spki.Load()
	return ch, nil
}
