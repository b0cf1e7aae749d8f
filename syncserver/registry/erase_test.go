package registry

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
)

const secretWord = "câu chỉ hộ này nói"

// waited is the petition of the household that comes after what hangs on it.
var waited = book.ID{15: 9}

// crowded is a branch where words of one household lie in every table that has bodies.
func crowded(t *testing.T) (tw *town, member, secretary *phone, h book.ID) {
	t.Helper()
	ctx := context.Background()
	tw = newTown(t, sqlite.Options{})
	member, secretary = tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	h = member.household("Hộ Bình1")
	visit := member.id()
	member.sync(member.consent(h), member.visit(visit, h, secretWord+" một"))
	// History, an overwritten value and an approved body.
	secretary.sync()
	digest := lww.Digest(secretary.rows[visit].GetBody())
	secretary.sync(secretary.patch(pb.Kind_KIND_REVIEW, secretary.id(), visit, true, &pb.Review{Verdict: pb.Verdict_VERDICT_APPROVED.Enum(), Digest: digest[:]}))
	member.sync(member.patch(pb.Kind_KIND_VISIT, visit, book.ID{}, false, &pb.Visit{Note: proto.String(secretWord + " hai")}))
	// A refused change, one that waits on the desk, and what a revoked phone handed over.
	stranger := tw.phone("Em")
	stranger.sync()
	stranger.sync(stranger.visit(stranger.id(), h, secretWord+" từ chi bộ khác"))
	if stranger.acks[1].GetResult() != pb.Result_RESULT_REFUSED {
		t.Fatalf("another branch's visit: %v", stranger.acks[1])
	}
	stranger.sync(stranger.patch(pb.Kind_KIND_VISIT, visit, book.ID{}, false, &pb.Visit{Note: proto.String(secretWord + " sửa từ chi bộ khác")}))
	third := tw.phone("Cúc")
	third.sync()
	third.sync(third.visit(third.id(), h, secretWord+" của người khác"))
	if third.acks[1].GetResult() != pb.Result_RESULT_REFUSED {
		t.Fatalf("a stranger's visit: %v", third.acks[1])
	}
	// A step that waits for a petition that has not come.
	petition := waited
	member.sync(member.patch(pb.Kind_KIND_STEP, member.id(), petition, true, &pb.Step{What: pb.StepKind_STEP_KIND_TOLD.Enum(), Reason: proto.String(secretWord)}))
	if got := member.acks[4].GetResult(); got != pb.Result_RESULT_PARKED {
		t.Fatalf("a step about nothing: %v", got)
	}
	if err := tw.r.Revoke(ctx, third.device); err != nil {
		t.Fatal(err)
	}
	third.handOver(&pb.SyncRequest{First: proto.Uint64(2), Ops: [][]byte{
		third.visit(third.id(), h, secretWord+" bàn giao"), third.visit(third.id(), third.household("Hộ Cúc1"), "của hộ khác"),
		third.patch(pb.Kind_KIND_VISIT, visit, book.ID{}, false, &pb.Visit{Note: proto.String(secretWord + " sửa")})}})
	secretary.sync()
	return tw, member, secretary, h
}

// words counts in how many bodies of the database a word stands, table by table.
func (tw *town) words(word string) map[string]int {
	tw.t.Helper()
	out := map[string]int{}
	note := func(table string, body []byte) {
		if bytes.Contains(body, []byte(word)) {
			out[table]++
		}
	}
	err := tw.r.store.Read(context.Background(), func(from store.Reader) error {
		units, err := from.Units()
		if err != nil {
			return err
		}
		for _, u := range units {
			err := from.EachRow(u.ID, func(r *store.Row) error {
				note("rows", r.Bytes)
				past, err := from.History(r.ID, 0, 1000)
				for _, v := range past {
					note("past", v.GetValue())
				}
				if err != nil {
					return err
				}
				a, err := from.Approved(r.ID)
				if a != nil {
					note("approved", a.Body)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		parked, err := from.AllParked()
		for _, p := range parked {
			note("parked", p.Op)
		}
		if err != nil {
			return err
		}
		works, err := from.AllWork()
		for _, k := range works {
			if b, err := seal.OpenWork(tw.r.recovery, recoveryName(tw.r.server, k.Device), k.Sealed); err == nil {
				note("work", b)
			}
		}
		return err
	})
	if err != nil {
		tw.t.Fatal(err)
	}
	return out
}

func TestErasureReachesEveryTable(t *testing.T) {
	ctx := context.Background()
	tw, member, secretary, h := crowded(t)
	before := tw.words(secretWord)
	for _, table := range []string{"rows", "past", "approved", "parked", "work"} {
		if before[table] == 0 {
			t.Fatalf("the test's words are not in %s: %v", table, before)
		}
	}
	// The parked step is about a petition that nobody knows: it goes when that comes.
	waits := before["parked"]
	if _, err := tw.r.Erase(ctx, tw.by["Bình"]); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_NOT_YOURS) {
		t.Errorf("a member is no household: %v", err)
	}
	n, err := tw.r.Erase(ctx, h)
	if err != nil || n < 4 {
		t.Fatalf("erased %d records: %v", n, err)
	}
	after := tw.words(secretWord)
	if after["parked"] != waits {
		t.Errorf("parked: %v, before %v", after, before)
	}
	delete(after, "parked")
	if len(after) != 0 {
		t.Errorf("words of the household are still in %v", after)
	}
	if got := tw.words("của hộ khác"); got["work"] != 1 || got["rows"] != 1 {
		t.Errorf("another household's work went with it: %v", got)
	}
	tw.sound()

	// Phones that know the place hear of it, and lose the rows.
	if secretary.sync(); !secretary.erased[h] {
		t.Error("the secretary does not hear of it")
	}
	// Late changes about it are answered and keep nothing; what hangs on them neither.
	petition := member.id()
	late := [][]byte{
		member.patch(pb.Kind_KIND_PETITION, waited, h, true, &pb.Petition{Text: proto.String(secretWord)}),
		member.visit(member.id(), h, secretWord+" muộn"),
		member.patch(pb.Kind_KIND_PETITION, petition, h, true, &pb.Petition{Text: proto.String(secretWord)}),
		member.patch(pb.Kind_KIND_STEP, member.id(), petition, true, &pb.Step{What: pb.StepKind_STEP_KIND_TOLD.Enum(), Reason: proto.String(secretWord)}),
	}
	member.sync(late...)
	for n := member.last - 3; n <= member.last; n++ {
		if got := member.acks[n].GetResult(); got != pb.Result_RESULT_ERASED {
			t.Errorf("late change %d: %v", n, got)
		}
	}
	if after = tw.words(secretWord); len(after) != 0 {
		t.Errorf("late words are in %v", after)
	}
	// Nor does what a phone hands over that is revoked before it hears of it.
	visit := secretary.household("Hộ An1")
	if err := tw.r.Revoke(ctx, member.device); err != nil {
		t.Fatal(err)
	}
	member.handOver(&pb.SyncRequest{First: proto.Uint64(member.last + 1), Ops: [][]byte{
		member.visit(member.id(), h, secretWord+" bàn giao"), member.visit(member.id(), visit, "của hộ khác nữa")}})
	if after = tw.words(secretWord); len(after) != 0 {
		t.Errorf("handed-over words are in %v", after)
	}
	if got := tw.words("của hộ khác nữa"); got["work"] != 1 || got["rows"] != 1 {
		t.Errorf("the rest of the work: %v", got)
	}
	tw.sound()
}

// A backup of before the erasure opens without the household, and its key is in no file.
// The keys may be those of then, or of today without the household's.
func TestErasureHoldsAfterARestore(t *testing.T) {
	for _, keys := range []string{"of then", "of today"} {
		t.Run("keys "+keys, func(t *testing.T) { erasureHolds(t, keys == "of today") })
	}
}

// keysOfToday puts the keys of today beside a copied database.
func keysOfToday(t *testing.T, tw *town, copied string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(tw.dir, "data", sqlite.KeysFile))
	if err == nil {
		err = os.WriteFile(filepath.Join(copied, sqlite.KeysFile), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, beside := range []string{"-wal", "-shm"} {
		if err := os.Remove(filepath.Join(copied, sqlite.KeysFile+beside)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

func erasureHolds(t *testing.T, today bool) {
	ctx := context.Background()
	tw, member, secretary, h := crowded(t)
	copied := tw.backup()
	window := member.id()
	member.sync(member.visit(window, h, secretWord+" sau bản sao"))
	if _, err := tw.r.Erase(ctx, h); err != nil {
		t.Fatal(err)
	}
	if keys := tw.keys(); keys[hexKey(h)] {
		t.Error("the key of the erased household is still in keys.db")
	}
	secretary.sync()
	clear(secretary.erased)
	if today {
		keysOfToday(t, tw, copied)
	}
	tw.restore(copied)
	after := tw.words(secretWord)
	if delete(after, "parked"); len(after) != 0 {
		t.Errorf("the restored server has the words in %v", after)
	}
	if keys := tw.keys(); keys[hexKey(h)] {
		t.Error("the restored keys have the household's")
	}
	// It was erased in the new life: a phone that was ahead of the backup hears of it.
	e := secretary.meet()
	if secretary.sync(); !secretary.erased[h] {
		t.Errorf("the lives part at %v, and the secretary does not hear of it", e.GetAt())
	}
	// What was written after the backup and erased with it does not come back either.
	member.meet()
	member.sync(resent(t, member.patch(pb.Kind_KIND_VISIT, window, h, true, &pb.Visit{Note: proto.String(secretWord)}), 99))
	if got := member.acks[member.last].GetResult(); got != pb.Result_RESULT_ERASED {
		t.Errorf("sent again: %v", got)
	}
	// What the phone had blanked goes as nothing, so that its numbers have no hole.
	member.sync([]byte{})
	if got := member.acks[member.last].GetResult(); got != pb.Result_RESULT_ERASED {
		t.Errorf("nothing, sent again: %v", got)
	}
	tw.sound()
}

func TestADatabaseThatErasedOpensOnlyWithItsList(t *testing.T) {
	ctx := context.Background()
	tw, _, _, h := crowded(t)
	if _, err := tw.r.Erase(ctx, h); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(tw.dir, "data")
	list := filepath.Join(data, ErasedFile)
	if err := tw.r.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"missing": nil, "of another life": []byte("revoked 9 ab\n"), "damaged": []byte("erased xyz\n")} {
		if err := os.Remove(list); err != nil {
			t.Fatal(err)
		}
		if b != nil {
			if err := os.WriteFile(list, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Open(ctx, data, Options{})
		var said *StartError
		if !errors.As(err, &said) || said.UserMessage() == "" {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			r.Close()
		}
		if err := os.WriteFile(list, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Open(ctx, data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}

func hexKey(h book.ID) string { return "household:" + hex.EncodeToString(h[:]) }

// keys tells which keys have their bytes in keys.db.
func (tw *town) keys() map[string]bool {
	tw.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(tw.dir, "data", "keys.db"))
	if err != nil {
		tw.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT id FROM keys WHERE wrapped IS NOT NULL`)
	if err != nil {
		tw.t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			tw.t.Fatal(err)
		}
		out[id] = true
	}
	return out
}
