// Package importer is the pure half of "syncserver import roster": it reads
// the roster workbook that a commune keeps (which party member looks after
// which households), plans what to do against what the server already holds,
// and writes the result workbook.
//
// The registry calls it: Read turns a file into a Roster, the registry gathers
// what it knows into a Known, Make plans, the registry carries the Plan out in
// its store, and WriteResult tells the administrator row by row what happened.
// Nothing here knows SQL, a server or a network.
//
// Two rules shape the package. Nothing is dropped for being incomplete: a
// household without a head, a phone or a member is kept and listed for
// mending. And what must never be stored never leaves the reader: the remark
// column tells who in a household is a party member, years of birth and
// unknown "diện" texts can tell worse, so none of them is in a Roster or in the
// result workbook (docs/domain.md, "The line").
package importer
