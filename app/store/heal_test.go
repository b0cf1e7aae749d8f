package store

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

func listing(h book.Holder, rows ...*pb.Row) *pb.Listing {
	l := &pb.Listing{Holder: h.Proto()}
	for _, r := range rows {
		l.Rows = append(l.Rows, &pb.RowHash{Id: r.GetEnvelope().GetId(), Hash: proto.Uint64(lww.RowHash(r))})
	}
	return l
}

func TestAListingSetsAHolderRight(t *testing.T) {
	one, two, three, other := visitRow(t, 1, 1, 6, "một"), visitRow(t, 2, 1, 7, "hai"), visitRow(t, 3, 1, 8, "ba"), visitRow(t, 9, 2, 9, "hộ hai")
	fill := []Filling{{Grant: standing()[3], Upto: 10, Below: 11}}
	for name, c := range map[string]struct {
		listed []*pb.Row
		notes  [3]string
		fill   []Filling
	}{
		"as it is":     {[]*pb.Row{one, two}, [3]string{"một", "hai", "(none)"}, nil},
		"one missing":  {[]*pb.Row{one, two, three}, [3]string{"một", "hai", "(none)"}, fill},
		"one too many": {[]*pb.Row{one}, [3]string{"một", "(none)", "(none)"}, nil},
		"one differs":  {[]*pb.Row{one, visitRow(t, 2, 1, 7, "hai, sửa")}, [3]string{"một", "(none)", "(none)"}, fill},
		"nothing":      {nil, [3]string{"(none)", "(none)", "(none)"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := settledBook(t, one, two, other)
			wrong := &pb.HolderDigest{Holder: household(1).Proto(), Digest: proto.Uint64(1), Rows: proto.Uint64(9)}
			applied(t, s, Delta{Digests: []*pb.HolderDigest{wrong}})
			out := applied(t, s, Delta{Compared: true, PhoneMS: 5, Listings: []*pb.Listing{listing(household(1), c.listed...)}})
			b, st := s.Snapshot(), s.Snapshot().State()
			if got := [3]string{note(t, b, 1), note(t, b, 2), note(t, b, 3)}; got != c.notes || note(t, b, 9) != "hộ hai" {
				t.Errorf("notes %v", got)
			}
			if !slices.Equal(st.Fillings, c.fill) || len(st.Grants)+len(c.fill) != 5 {
				t.Errorf("fillings %+v", st.Fillings)
			}
			if st.ComparedMS != 5 || st.DifferCount != 1 || len(st.Differs) != 0 || !st.SumDiffers || !slices.Equal(out.Healed, []book.Holder{household(1)}) {
				t.Errorf("state %+v", st)
			}
		})
	}
}

// A listing that is not what the digest of the same reply says is not gone by.
func TestAListingThatIsCut(t *testing.T) {
	one, two := visitRow(t, 1, 1, 6, "một"), visitRow(t, 2, 1, 7, "hai")
	s, _ := settledBook(t, one, two)
	digest := &pb.HolderDigest{Holder: household(1).Proto(), Digest: proto.Uint64(lww.RowHash(one) + lww.RowHash(two)), Rows: proto.Uint64(2)}
	out := applied(t, s, Delta{Listings: []*pb.Listing{listing(household(1), one)}, Digests: []*pb.HolderDigest{digest}})
	if note(t, s.Snapshot(), 2) != "hai" || len(out.Healed) != 0 {
		t.Error("a row went by a listing that lacks it")
	}
	// One of a holder that is not held, or still being fetched, neither.
	applied(t, s, Delta{View: view(append(standing()[:3:3], Grant{household(1), 9})...), Rows: []*pb.Row{one}})
	applied(t, s, Delta{Listings: []*pb.Listing{listing(household(1)), listing(household(7))}})
	if note(t, s.Snapshot(), 1) != "một" {
		t.Error("a row of a holder that is being fetched went")
	}
}

func TestHealingLeavesOwnChanges(t *testing.T) {
	one := visitRow(t, 1, 1, 6, "một")
	s, _ := settledBook(t, visitRow(t, 1, 1, 6, "hỏng"))
	added(t, s, visitWrite(t, 1, 1, false, "sửa"), visitWrite(t, 2, 1, true, "mới"))
	applied(t, s, Delta{Listings: []*pb.Listing{listing(household(1), one)}})
	if note(t, s.Snapshot(), 2) != "mới" || s.Snapshot().Unsent() != 2 {
		t.Error("own changes went")
	}
	applied(t, s, Delta{Rows: []*pb.Row{one}, Filling: done(standing()[3])})
	if note(t, s.Snapshot(), 1) != "sửa" {
		t.Error("the edit is not over the healed row")
	}
}

func TestAWholeBranchIsHealed(t *testing.T) {
	one, two := visitRow(t, 1, 1, 6, "một"), visitRow(t, 2, 2, 7, "hai")
	s, _ := made(t)
	all := []Grant{{communeHolder, 1}, {wholeBranch(branch), 2}}
	applied(t, s, Delta{View: view(all...), Filling: done(all...), Cursors: cursors(5, 10), Rows: []*pb.Row{one, visitRow(t, 2, 2, 7, "hỏng"), visitRow(t, 3, 3, 8, "thừa")}})
	applied(t, s, Delta{Listings: []*pb.Listing{listing(wholeBranch(branch), one, two)}})
	b := s.Snapshot()
	if note(t, b, 1) != "một" || note(t, b, 2) != "(none)" || note(t, b, 3) != "(none)" || len(b.State().Fillings) != 1 {
		t.Errorf("%d rows, fillings %+v", b.Len(), b.State().Fillings)
	}
}

func TestADamagedRowIsHealed(t *testing.T) {
	one, two := visitRow(t, 1, 1, 6, "một"), visitRow(t, 2, 1, 7, "hai")
	s, _ := settledBook(t, one, two)
	if _, err := s.db.Exec("UPDATE row SET body = x'00' WHERE seq = 7"); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, s)
	if s.Snapshot().Damaged() != 1 {
		t.Fatal("setup: nothing is damaged")
	}
	applied(t, s, Delta{Listings: []*pb.Listing{listing(household(1), one, two)}})
	digest := lww.RowHash(one) + lww.RowHash(two)
	applied(t, s, Delta{Rows: []*pb.Row{two}, Filling: done(standing()[3])})
	applied(t, s, Delta{Digests: []*pb.HolderDigest{{Holder: household(1).Proto(), Digest: &digest, Rows: proto.Uint64(2)}}})
	if b := s.Snapshot(); b.Damaged() != 0 || note(t, b, 2) != "hai" {
		t.Errorf("%d damaged, %q", b.Damaged(), note(t, b, 2))
	}
	if b := reopen(t, s).Snapshot(); b.Damaged() != 0 || b.Len() != 2 {
		t.Errorf("after a restart: %d damaged, %d records", b.Damaged(), b.Len())
	}
}
