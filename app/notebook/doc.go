// Package notebook is what a user does with the book on a phone: look at the
// households, record a visit, ask for consent, approve, hand over, send and
// receive. app/ui and app/book call it and nothing else of the app.
//
// # Reading
//
// Pages and lists are plain values made from one snapshot of the store: reading
// waits for nobody and needs no network. They carry what a screen shows (words of
// app/words, names instead of ids) and ids to act on. A field of a page may be new
// in a later version, none changes its meaning: app/book prints them as JSON.
//
// # Writing
//
// Every action asks the same questions as the server: book.Place, book.MayWrite, a
// provisional merge, book.Validate. So nothing can be saved here that the server
// refuses for a reason that this phone can know, and a refused action leaves no
// trace. An action that succeeds is on the disk when it returns; it is sent later.
//
// Consent comes before data: what needs it is refused with a [*ConsentError] as
// long as the household has not agreed, also as a draft. A denunciation is never
// stored: [*DenunciationError].
//
// # Errors
//
// [Say] gives the one Vietnamese sentence that a user reads for any error.
package notebook
