package seal

import (
	"errors"
	"testing"
	"time"
)

// FuzzParseRoot: a damaged identity file is told, typed; what is read writes itself again.
func FuzzParseRoot(f *testing.F) {
	root, err := NewRoot(nil)
	if err != nil {
		f.Fatal(err)
	}
	good, err := root.MarshalPEM()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseRoot(data)
		if err != nil {
			if !errors.Is(err, ErrIdentity) {
				t.Fatalf("untyped: %v", err)
			}
			return
		}
		b, err := r.MarshalPEM()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseRoot(b); err != nil || again.Pin() != r.Pin() {
			t.Fatalf("another root came back: %v", err)
		}
	})
}

// FuzzParseCertificate: the same of the certificate that the server shows.
func FuzzParseCertificate(f *testing.F) {
	root, err := NewRoot(nil)
	if err != nil {
		f.Fatal(err)
	}
	leaf, err := root.Issue(nil, time.Now(), []string{"127.0.0.1"}, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	good, err := MarshalCertificate(leaf)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(append(good, good...))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseCertificate(data)
		if err != nil {
			if !errors.Is(err, ErrIdentity) {
				t.Fatalf("untyped: %v", err)
			}
			return
		}
		if _, err := MarshalCertificate(c); err != nil {
			t.Fatal(err)
		}
	})
}
