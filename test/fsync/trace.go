package fsync

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Call is one system call of a trace by strace -f -yy.
type Call struct {
	// Name is that of the system call, such as "fdatasync".
	Name string
	// Target is what stands behind the file descriptor: a path, or "TCP:[from->to]".
	Target string
	// Args is what follows the descriptor, as strace prints it.
	Args string
	// Result is what the call returned; -1 for a failure.
	Result int64
	// Begin and End are line numbers of the trace: a call that another thread's lines
	// interrupt begins and ends on different ones. End is 0 for one that never ended.
	Begin, End int
}

var (
	line       = regexp.MustCompile(`^(?:\[pid +)?(\d+)\]? +(.*)$`)
	resumed    = regexp.MustCompile(`^<\.\.\. (\w+) resumed>(.*)$`)
	opened     = regexp.MustCompile(`^(\w+)\((\d+)<(.*?)>([,)]| <unfinished)`)
	returned   = regexp.MustCompile(`\) += (-?\d+)`)
	unfinished = "<unfinished ...>"
)

// Parse reads a trace. Lines that are no calls on a descriptor (signals, exits) are passed
// over; a resumed call that never began is an error, since then the trace is not whole.
func Parse(r io.Reader) ([]Call, error) {
	var calls []Call
	open := map[string]int{} // thread and call → place in calls
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for n := 1; s.Scan(); n++ {
		m := line.FindStringSubmatch(s.Text())
		if m == nil {
			continue
		}
		thread, text := m[1], m[2]
		if m := resumed.FindStringSubmatch(text); m != nil {
			at, ok := open[thread+m[1]]
			if !ok {
				return nil, fmt.Errorf("line %d: %s resumed that never began", n, m[1])
			}
			delete(open, thread+m[1])
			if at >= 0 {
				calls[at].End, calls[at].Result = n, result(m[2])
			}
			continue
		}
		c := Call{Begin: n}
		if m := opened.FindStringSubmatch(text); m != nil {
			c.Name, c.Target = m[1], m[3]
			c.Args = text[len(m[0]):]
		}
		if strings.HasSuffix(text, unfinished) {
			name, _, _ := strings.Cut(text, "(")
			open[thread+name] = -1
			if c.Name != "" {
				open[thread+name] = len(calls)
				calls = append(calls, c)
			}
			continue
		}
		if c.Name == "" {
			continue
		}
		c.End, c.Result = n, result(text)
		calls = append(calls, c)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read trace: %w", err)
	}
	return calls, nil
}

// result finds what a call returned; the last match counts, for a written text may look like one.
func result(text string) int64 {
	all := returned.FindAllStringSubmatch(text, -1)
	if all == nil {
		return -1
	}
	v, err := strconv.ParseInt(all[len(all)-1][1], 10, 64)
	if err != nil {
		return -1
	}
	return v
}
