// Package join is how a phone gets its book: a welcome, the code of the slip, the new PIN,
// the device's name. Recover takes the same way for a book whose PIN was forgotten. What is
// typed stays in the screens until the book is open, whatever fails before.
package join
