package registry

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
)

// TestCheckComputesTheProjectionsAnew breaks one small table at a time, in a town in which
// households changed hands, an office ended, a proxy came and went and a visit was approved.
func TestCheckComputesTheProjectionsAnew(t *testing.T) {
	household := func(change func(tw *town, h *store.Household)) func(*town, store.Tx, book.ID) error {
		return func(tw *town, tx store.Tx, id book.ID) error {
			h, _, err := tx.Household(id)
			if err != nil {
				return err
			}
			change(tw, &h)
			return tx.PutHousehold(h)
		}
	}
	member := func(change func(tw *town, m *store.Member)) func(*town, store.Tx, book.ID) error {
		return func(tw *town, tx store.Tx, _ book.ID) error {
			m, _, err := tx.Member(tw.by["Cúc"])
			if err != nil {
				return err
			}
			change(tw, &m)
			return tx.PutMember(m)
		}
	}
	for name, c := range map[string]struct {
		// harm gets the household that changed hands.
		harm func(tw *town, tx store.Tx, id book.ID) error
		want string
	}{
		"sound": {func(*town, store.Tx, book.ID) error { return nil }, ""},
		"another member": {household(func(tw *town, h *store.Household) { h.Member = tw.by["Bình"] }),
			"member or deletion differs from its row"},
		"deleted": {household(func(_ *town, h *store.Household) { h.Deleted = true }), "member or deletion differs from its row"},
		"assigned in the future": {household(func(_ *town, h *store.Household) { h.Since = 1 << 40 }),
			"assigned at seq 1099511627776"},
		"assigned earlier": {household(func(_ *town, h *store.Household) { h.Since-- }), "the tenure began at"},
		"a household without a row": {func(tw *town, tx store.Tx, _ book.ID) error {
			return tx.PutHousehold(store.Household{HouseholdFacts: book.HouseholdFacts{ID: book.ID{1}, Branch: tw.by["Chi bộ Xóm Đình"]}, Since: 1})
		}, "projected, and has no row"},
		"a tenure that nobody ended": {func(tw *town, tx store.Tx, id book.ID) error {
			return tx.AssignHousehold(id, book.ID{}, 3)
		}, "the running tenure is not its member's"},
		"a tenure of the future": {func(tw *town, tx store.Tx, id book.ID) error {
			return tx.AssignHousehold(id, tw.by["Cúc"], 1<<40)
		}, "tenure of"},
		"another office": {member(func(_ *town, m *store.Member) { m.Office = pb.Office_OFFICE_DEPUTY }), "office, device, proxies"},
		"a device":       {member(func(_ *town, m *store.Member) { m.HasDevice = true }), "office, device, proxies"},
		"a proxy":        {member(func(tw *town, m *store.Member) { m.Proxies = []book.ID{tw.by["An"]} }), "office, device, proxies"},
		"another unit": {func(tw *town, tx store.Tx, _ book.ID) error {
			return tx.PutMember(store.Member{MemberFacts: book.MemberFacts{ID: book.ID{2}, Unit: tw.by["Chi bộ Xóm Bến"]}, Since: 1, ProxySince: 1})
		}, "projected, and has no row"},
		"an office of the future": {member(func(_ *town, m *store.Member) { m.Since = 1 << 40 }), "office since seq"},
		"a device in use that the row does not tell of": {func(tw *town, tx store.Tx, _ book.ID) error {
			return tx.PutDevice(&store.Device{Number: 99, Member: tw.by["Cúc"], Key: []byte{1}, TokenHash: []byte{3}})
		}, "the row says device false, 1 are in use"},
		"a proxy's tenure": {func(tw *town, tx store.Tx, _ book.ID) error {
			return tx.AssignProxy(tw.by["Cúc"], tw.by["An"], true, 5)
		}, "the running tenures are not the proxies'"},
		"somebody at the desk": {func(tw *town, tx store.Tx, _ book.ID) error {
			return tx.AssignOffice(tw.by["Chi bộ Xóm Đình"], tw.by["Cúc"], true, 5)
		}, "the running tenures are not of those who sit there"},
		"nobody at the desk": {func(tw *town, tx store.Tx, _ book.ID) error {
			return tx.AssignOffice(tw.by["Chi bộ Xóm Đình"], tw.by["An"], false, 5)
		}, "the running tenures are not of those who sit there"},
		"an approved body that nobody approved": {func(tw *town, tx store.Tx, id book.ID) error {
			return tx.PutApproved(&store.Approved{Record: id, Digest: make([]byte, 16), Review: book.ID{7}, Body: []byte{}},
				book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: id}, tw.by["Chi bộ Xóm Đình"])
		}, "the approved body is not the one of verdict"},
		"a verdict on a version that never was": {func(tw *town, tx store.Tx, id book.ID) error {
			w, err := tw.r.begin(tx)
			if err != nil {
				return err
			}
			body, err := lww.Encode(&pb.Review{Digest: make([]byte, 16), Verdict: pb.Verdict_VERDICT_APPROVED.Enum()})
			if err != nil {
				return err
			}
			h := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: id}
			if err := w.serverRow(pb.Kind_KIND_REVIEW, id, book.ID{}, h, tw.by["Chi bộ Xóm Đình"], body); err != nil {
				return err
			}
			return w.finish()
		}, "of a version that record"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			tw := newTown(t, sqlite.Options{})
			p, desk := tw.phone("Bình"), tw.phone("An")
			p.sync()
			desk.sync()
			h, v := p.household("Hộ Bình1"), p.id()
			p.sync(p.consent(h), p.visit(v, h, "một"))
			desk.sync()
			digest := lww.Digest(desk.rows[v].GetBody())
			proxies := func(ids ...[]byte) []byte {
				return desk.patch(pb.Kind_KIND_MEMBER, tw.by["Cúc"], book.ID{}, false, &pb.Member{Proxies: ids})
			}
			desk.sync(desk.patch(pb.Kind_KIND_REVIEW, desk.id(), v, true, &pb.Review{Digest: digest[:], Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}),
				proxies(tw.by["Bình"].Bytes()))
			desk.wants(1, pb.Result_RESULT_STORED, 0)
			desk.sync(desk.patch(pb.Kind_KIND_MEMBER, tw.by["Cúc"], book.ID{}, false, &pb.Member{}, 4))
			p.sync(p.patch(pb.Kind_KIND_VISIT, v, book.ID{}, false, &pb.Visit{Note: proto.String("hai")}))
			p.wants(3, pb.Result_RESULT_STORED, 0)
			desk.sync(desk.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Member: tw.by["Cúc"].Bytes()}))
			desk.wants(4, pb.Result_RESULT_STORED, 0)
			for _, o := range []pb.Office{pb.Office_OFFICE_DEPUTY, pb.Office_OFFICE_MEMBER} {
				if err := tw.r.SetOffice(ctx, tw.by["Cúc"], o); err != nil {
					t.Fatal(err)
				}
			}
			tw.sound()
			if err := tw.r.store.Write(ctx, func(tx store.Tx) error { return c.harm(tw, tx, h) }); err != nil {
				t.Fatal(err)
			}
			found, err := tw.r.Check(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" && len(found) > 0 || c.want != "" && !strings.Contains(strings.Join(found, "\n"), c.want) {
				t.Errorf("found %q, want %q", found, c.want)
			}
		})
	}
}
