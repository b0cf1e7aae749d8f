package api

import (
	"log/slog"
	"net/http"
	"time"
)

// NewHTTPServer makes the server that carries handler, with a limit on everything that a
// slow or silent client could hold. plain is for loopback without TLS only: it adds HTTP/2
// in clear text. Over TLS, serve it on a TLSListener.
func NewHTTPServer(handler http.Handler, plain bool, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!plain)
	protocols.SetUnencryptedHTTP2(plain)
	return &http.Server{
		Handler:     handler,
		Protocols:   protocols,
		ConnContext: rememberConn,
		// A phone on a line of 20 kB/s needs 50 s for a page of 1 MiB, each way.
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       3 * time.Minute,
		WriteTimeout:      6 * time.Minute,
		IdleTimeout:       5 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          8,
			MaxReceiveBufferPerConnection: 1 << 20,
			MaxReceiveBufferPerStream:     512 << 10,
			SendPingTimeout:               time.Minute,
			PingTimeout:                   30 * time.Second,
			WriteByteTimeout:              time.Minute,
		},
		// Scanners and broken lines: worth a line only when somebody looks for them.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
