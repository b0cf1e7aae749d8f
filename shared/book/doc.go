// Package book is the domain of Sổ Dân Vận: what kinds of record there are, where
// each one is kept, who may write and see it, which rules a merged record obeys, and
// what is derived from records (review, petition, consent, due day).
//
// The server's registry calls it for every change that arrives and every row that
// leaves; the app's notebook calls the same functions to enable a button and to check a
// form, so that both sides give one answer. Everything here is a pure function: no SQL,
// no clock, no network. What a rule needs to know of other records it asks of World.
//
// The order of calls for a change is Place (creations only), MayWrite, merge (package
// lww), Validate.
package book

// Schema is the version of the schema that this code knows. It rises with every field
// or value added to records.proto, and sinceSchema then names the new fields.
const Schema uint32 = 1
