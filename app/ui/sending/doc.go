// Package sending has the tab "Gửi": whether all that was written is safe, what waits, and
// the button that sends; and the last screen of a phone whose right ended.
package sending
