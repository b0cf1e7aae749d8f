package wire

import (
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// What an unpacker says of a body that it does not take.
var (
	// ErrTooLarge: the message is longer than the limit.
	ErrTooLarge = errors.New("message is larger than the limit")
	// ErrFrame: not one whole frame of this package's form.
	ErrFrame = errors.New("frame is damaged")
	// ErrDictionary: a frame made with another dictionary, or with none.
	ErrDictionary = errors.New("frame was made with another dictionary")
)

// maxBlocks bounds the blocks of a frame. Ours hold 128 KiB of message each, so 16 MiB are
// 128 of them. Each may bring tables to be built: a million of empty ones would cost
// seconds and give nothing that a limit on the output could stop.
const maxBlocks = 4096

// check walks over a frame without decoding it: one frame that ends where the body ends, of
// our dictionary, with a window and a number of blocks that decoding may cost.
func check(frame []byte, limit int64) error {
	var h zstd.Header
	if err := h.Decode(frame); err != nil {
		return fmt.Errorf("%w: %w", ErrFrame, err)
	}
	switch {
	case h.Skippable:
		return fmt.Errorf("%w: skippable", ErrFrame)
	case h.DictionaryID != dictionaryID:
		return fmt.Errorf("%w: number %d", ErrDictionary, h.DictionaryID)
	case h.HasFCS && h.FrameContentSize > uint64(limit):
		return ErrTooLarge
	case !h.SingleSegment && h.WindowSize > window, h.SingleSegment && h.FrameContentSize > window:
		return fmt.Errorf("%w: window too large", ErrFrame)
	}
	// A block: 1 bit "last", 2 bits kind, 21 bits size, then as many bytes; one for a run.
	const run, reserved = 1, 3
	at := h.HeaderSize
	for n := 0; ; n++ {
		if n == maxBlocks {
			return fmt.Errorf("%w: more than %d blocks", ErrFrame, maxBlocks)
		}
		if len(frame)-at < 3 {
			return fmt.Errorf("%w: cut", ErrFrame)
		}
		head := int(frame[at]) | int(frame[at+1])<<8 | int(frame[at+2])<<16
		at += 3
		size := head >> 3
		switch head >> 1 & 3 {
		case run:
			size = 1
		case reserved:
			return fmt.Errorf("%w: reserved kind of block", ErrFrame)
		}
		if size > len(frame)-at {
			return fmt.Errorf("%w: cut", ErrFrame)
		}
		at += size
		if head&1 == 1 {
			break
		}
	}
	if h.HasCheckSum {
		at += 4
	}
	if at != len(frame) {
		return fmt.Errorf("%w: %d bytes where %d were due", ErrFrame, len(frame), at)
	}
	return nil
}
