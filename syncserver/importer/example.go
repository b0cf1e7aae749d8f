package importer

import (
	"bytes"
	_ "embed"
)

//go:embed testdata/roster-nhu-quynh.xlsx
var example []byte

// Example reads the roster that comes with the program: a town of invented people, in the
// shape that such lists have. For the demo.
func Example(o Options) (*Roster, error) {
	return ReadFrom(bytes.NewReader(example), int64(len(example)), o, nil)
}
