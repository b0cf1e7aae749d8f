// Package seal holds every piece of cryptography of the project, and nothing
// else: no database, no network, no clock. The phone's store, the sync loop,
// the server's store and the enrolment call it; it calls none of them.
//
// What is here, in the order in which a phone meets it:
//
//   - Code, Invitation: the typed enrolment code of 80 bits, or the same as a QR;
//   - CodeKey, Proof, ChannelBinding: both sides prove the code over TLS 1.3;
//   - Root, ClientTLS, ServerTLS, VerifyPinned, SignMoved: the server's own
//     long-lived identity, compared by key and never by clock;
//   - NewDeviceKey, SignOps, NewToken: who sent this call;
//   - BookKey, RowKey, Seal, Sealer: the book at rest;
//   - WrapWithPIN, CheckPIN: the book key behind a PIN;
//   - RecoveryKey: a forgotten PIN, and the unsent work of a revoked phone;
//   - MasterKey, KeyRing, SealBody: the same for the server's bodies.
//
// # What it does not promise
//
// A 6-digit PIN alone holds hours, not years, against someone who has copied
// the file: a guess costs about 0.2 s on one core and there are a million of
// them. It keeps out a finder of the phone, not a laboratory. What stops a copied file is
// a DeviceSecret that does not leave the phone, or a long passphrase (which
// desktops must have). Go gives no way to wipe every copy of a key from memory;
// this package does not claim to.
//
// # Randomness
//
// Functions that need it take an io.Reader first; nil means crypto/rand.Reader.
// A simulation passes a seeded reader and gets the same keys again. A reader
// that fails or ends makes the function panic, as crypto/rand itself does:
// going on with a weak key is worse than stopping. HPKE (SealToRecovery,
// SealWork) draws its own randomness and cannot be seeded.
//
// # Domain separation
//
// Every hash, signature, derived key and sealed box carries a label of its own
// (labels.go) and length prefixes, so bytes made for one purpose mean nothing
// for another. A label is part of the format: a change is a new version.
package seal
