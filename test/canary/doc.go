// Package canary plants invented texts wherever a household's words can go (names,
// addresses, phones, notes, petitions, drafts, edits that lost, changes that were refused)
// through real phones and a real server, and then looks for them in every file that either
// side leaves on a disk and in every line that the server logs. None may be there: bodies
// are sealed, logs hold numbers. Nothing calls it but go test.
package canary
