package wire

import _ "embed" // the dictionary is part of the program

// Name is what Content-Encoding and Accept-Encoding say.
const Name = "zstd-1"

// dictionaryID stands in each frame. Numbers below 32768 are reserved by the format (RFC
// 8878), those above 65535 take two bytes more.
const dictionaryID = 40001

//go:embed dict-1.bin
var dictionary []byte
