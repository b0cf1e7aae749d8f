package fsync

import (
	"fmt"
	"slices"
	"strings"
)

// Files are the paths of a server's data directory whose order matters.
type Files struct {
	Rows, Keys string // server.db-wal and keys.db-wal
}

// Reply is one answer of the server on the client's connection.
type Reply struct {
	// Line of the trace on which its first write began.
	Line int
	// Rows and Keys: how many times each file was written since the reply before.
	Rows, Keys int
	// Wrong says what left the server too early; empty: nothing.
	Wrong []string
}

// Replies goes through a trace of a server that one client called, one call after the
// other, and judges every reply:
//
//   - what was written to a file before the reply began was followed by an fsync or
//     fdatasync of that file which began after the write ended, succeeded, and ended
//     before the reply began;
//   - no sync of the rows began while keys were written and not synced, and the rows were
//     synced once more after the keys: a key without a body harms nobody, a body without a
//     key is lost.
//
// connection tells the client's connection by the target of the write; begins tells the
// first write of a reply by its arguments.
func Replies(calls []Call, f Files, connection func(target string) bool, begins func(args string) bool) []Reply {
	var replies []Reply
	dirty := map[string]int{} // line on which the last write that is not synced ended
	written := map[string]int{}
	keysAt := 0 // line on which the last write of keys ended
	var keysDirty, early, keysLast bool
	events := order(calls)
	for _, e := range events {
		c := e.call
		switch {
		case (c.Target == f.Rows || c.Target == f.Keys) && writes(c) && e.end:
			dirty[c.Target] = c.End
			written[c.Target]++
			if c.Target == f.Keys {
				keysDirty, keysAt = true, c.End
			}
		case c.Target == f.Rows && syncs(c) && !e.end:
			early = early || keysDirty
		case (c.Target == f.Rows || c.Target == f.Keys) && syncs(c) && e.end:
			if at, ok := dirty[c.Target]; ok && at < c.Begin && c.Result == 0 {
				delete(dirty, c.Target)
				if c.Target == f.Keys {
					keysDirty, keysLast = false, true
				} else if keysAt < c.Begin {
					keysLast = false
				}
			}
		case connection(c.Target) && !e.end && (c.Name == "write" || c.Name == "sendto" || c.Name == "writev") && begins(c.Args):
			r := Reply{Line: c.Begin, Rows: written[f.Rows], Keys: written[f.Keys]}
			for _, path := range []string{f.Rows, f.Keys} {
				if at, ok := dirty[path]; ok {
					r.Wrong = append(r.Wrong, fmt.Sprintf("reply on line %d left before the write of line %d to %s was synced", c.Begin, at, base(path)))
				}
			}
			if early {
				r.Wrong = append(r.Wrong, fmt.Sprintf("before the reply on line %d the rows were synced before their keys", c.Begin))
			}
			if keysLast {
				r.Wrong = append(r.Wrong, fmt.Sprintf("before the reply on line %d keys were written after the last sync of the rows", c.Begin))
			}
			replies = append(replies, r)
			clear(written)
			early, keysLast = false, false
		}
	}
	return replies
}

type event struct {
	line int
	end  bool
	call *Call
}

// order gives begin and end of each call in the order of the trace.
func order(calls []Call) []event {
	var out []event
	for i := range calls {
		c := &calls[i]
		out = append(out, event{c.Begin, false, c})
		if c.End > 0 {
			out = append(out, event{c.End, true, c})
		}
	}
	slices.SortStableFunc(out, func(a, b event) int { return a.line - b.line })
	return out
}

func writes(c *Call) bool {
	return c.Name == "pwrite64" || c.Name == "write" || c.Name == "writev" || c.Name == "pwritev"
}

func syncs(c *Call) bool { return c.Name == "fsync" || c.Name == "fdatasync" }

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
