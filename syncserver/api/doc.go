// Package api is the thin edge between the wire and the registry: it turns HTTP requests
// of phones into calls of the registry and the registry's problems into Connect errors.
// The main command mounts New's handler on the server that NewHTTPServer makes. It knows
// no rule of the domain and no SQL.
//
// What it promises:
//
//   - the bearer token is checked before a byte of the body is read;
//   - no body, however it was packed, costs more memory than the limits below say;
//   - a cause stays in the log, the phone gets a typed Problem with one sentence;
//   - the log holds method, device number, code, duration, bytes and counts, and nothing
//     that a household said or is called.
package api

import "time"

// Limits of one call, in bytes. A phone asks for at most 1 MiB of rows and sends at most
// as much, so what is larger is no phone of ours.
const (
	// MaxBody bounds a body of SyncService as it comes in, packed or not.
	MaxBody = 4 << 20
	// MaxMessage bounds a message of SyncService once unpacked, and one that goes out.
	MaxMessage = 16 << 20
	// MaxEnrolMessage bounds the messages of EnrolService. The largest is the sealed work of a
	// revoked phone, for which MaxWork holds.
	MaxEnrolMessage = 64 << 10
	// MaxWork bounds HandOverWork: unsent changes and drafts of one phone.
	MaxWork = MaxBody
	// MaxHealth bounds a health check.
	MaxHealth = 1 << 10
)

// How long the registry may take for one call, counted from when the body is here. A
// phone on a slow line may take longer to send and receive: the server's own timeouts
// bound that.
const (
	syncTime  = 60 * time.Second
	otherTime = 15 * time.Second
)

// maxCallsPerDevice bounds the calls of one device that run at the same time. One is what
// a phone makes; a lost line leaves the earlier ones running for a while.
const maxCallsPerDevice = 4
