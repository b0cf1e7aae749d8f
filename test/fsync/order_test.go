package fsync

import (
	"strings"
	"testing"
)

// The connection and files of the made-up traces.
const madeUpClient = "TCP:[127.0.0.1:8080->127.0.0.1:50000]"

var madeUpFiles = Files{Rows: "/d/server.db-wal", Keys: "/d/keys.db-wal"}

func judge(t *testing.T, trace string) []Reply {
	t.Helper()
	calls, err := Parse(strings.NewReader(trace))
	if err != nil {
		t.Fatal(err)
	}
	return Replies(calls, madeUpFiles, func(s string) bool { return s == madeUpClient }, func(args string) bool { return strings.Contains(args, "HTTP/1.1 200") })
}

// TestOrderIsJudged is the control: what the real trace is asked for must be refused where
// the order is wrong.
func TestOrderIsJudged(t *testing.T) {
	const (
		rows  = `11 pwrite64(7</d/server.db-wal>, "page"..., 4096, 32) = 4096` + "\n"
		keys  = `11 pwrite64(8</d/keys.db-wal>, "key"..., 4096, 32) = 4096` + "\n"
		syncR = `11 fdatasync(7</d/server.db-wal>) = 0` + "\n"
		syncK = `11 fdatasync(8</d/keys.db-wal>) = 0` + "\n"
		reply = `12 write(9<TCP:[127.0.0.1:8080->127.0.0.1:50000]>, "HTTP/1.1 200 OK\r\nContent-Type"..., 300) = 300` + "\n"
		other = `12 write(9<TCP:[127.0.0.1:8080->127.0.0.1:50001]>, "HTTP/1.1 200 OK\r\nContent-Type"..., 300) = 300` + "\n"
	)
	for _, c := range []struct {
		name, trace string
		wrong       string // part of the complaint; empty: right
	}{
		{"written, synced, answered", rows + syncR + reply, ""},
		{"answered before the sync", rows + reply + syncR, "before the write of line 1 to server.db-wal was synced"},
		{"answered without any sync", rows + reply, "server.db-wal"},
		{"a write after the last sync", rows + syncR + rows + reply, "line 3"},
		{"fsync counts like fdatasync", rows + strings.ReplaceAll(syncR, "fdatasync", "fsync") + reply, ""},
		{"a failed sync counts for nothing", rows + strings.ReplaceAll(syncR, "= 0", "= -1 EIO (Input/output error)") + reply, "server.db-wal"},
		{"the sync of another file", rows + syncK + reply, "server.db-wal"},
		{"a sync that is still running", rows + "11 fdatasync(7</d/server.db-wal> <unfinished ...>\n" + reply + "11 <... fdatasync resumed>) = 0\n", "server.db-wal"},
		{"a sync that ended in time", rows + "11 fdatasync(7</d/server.db-wal> <unfinished ...>\n11 <... fdatasync resumed>) = 0\n" + reply, ""},
		{"a sync that began before the write ended", "11 pwrite64(7</d/server.db-wal>, \"page\"..., 4096, 32 <unfinished ...>\n13 fdatasync(7</d/server.db-wal> <unfinished ...>\n" +
			"11 <... pwrite64 resumed>) = 4096\n13 <... fdatasync resumed>) = 0\n" + reply, "server.db-wal"},
		{"keys first", rows + keys + syncK + syncR + reply, ""},
		{"rows synced before their keys", keys + rows + syncR + syncK + reply, "rows were synced before their keys"},
		{"keys after the rows are done", rows + syncR + keys + syncK + reply, "keys were written after the last sync of the rows"},
		{"rows, then other rows with their keys", rows + syncR + rows + keys + syncK + syncR + reply, ""},
		{"keys never synced", keys + rows + syncR + reply, "keys.db-wal was synced"},
		{"another client's reply is not looked at", rows + other + syncR + reply, ""},
		{"a reply whose first write begins before the sync ends", rows + "12 write(9<" + madeUpClient + ">, \"HTTP/1.1 200 OK\"..., 300 <unfinished ...>\n" + syncR + "12 <... write resumed>) = 300\n", "server.db-wal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			replies := judge(t, c.trace)
			if len(replies) != 1 {
				t.Fatalf("%d replies, want one", len(replies))
			}
			got := strings.Join(replies[0].Wrong, "\n")
			if c.wrong == "" && got != "" {
				t.Errorf("right order, but: %s", got)
			}
			if c.wrong != "" && !strings.Contains(got, c.wrong) {
				t.Errorf("complaint %q, want one with %q", got, c.wrong)
			}
		})
	}
}

func TestParseRefusesAHalfTrace(t *testing.T) {
	if _, err := Parse(strings.NewReader("11 <... fdatasync resumed>) = 0\n")); err == nil {
		t.Error("a call that ends and never began is taken for a whole trace")
	}
}

func TestParseKeepsToTheCall(t *testing.T) {
	calls, err := Parse(strings.NewReader(strings.Join([]string{
		`11 write(2</dev/null>, "text with ) = 7 in it", 21) = 21`,
		`11 --- SIGURG {si_signo=SIGURG, si_code=SI_TKILL} ---`,
		`[pid    12] fsync(5</d/a>) = 0`,
		`12 +++ exited with 0 +++`,
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) != 2 || calls[0].Result != 21 || calls[1].Name != "fsync" || calls[1].Target != "/d/a" || calls[1].Result != 0 {
		t.Errorf("calls: %+v", calls)
	}
}
