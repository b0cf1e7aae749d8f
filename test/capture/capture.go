// Package capture keeps what a program prints while others read it. Tests and the demo use it.
package capture

import (
	"bytes"
	"sync"
)

// Text is a writer whose text so far may be read at any time. The zero value is empty.
type Text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer; it never fails.
func (t *Text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

// String gives all that was written.
func (t *Text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}
