// Package rights tries the table of rights on the wire: eleven sorts of people, every kind
// of record, every verb, against a real server over TLS. What is expected stands in
// testdata/rights.txt, written by hand from docs/domain.md and computed from no
// code; nobody imports this package.
package rights
