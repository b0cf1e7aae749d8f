package simulation

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// TestTheSimulationSees spoils one thing after the other, as a defect of the product would,
// and wants to hear of it within some seeds, under the right name.
func TestTheSimulationSees(t *testing.T) {
	type spoil = func(w *world) func(*pb.SyncRequest, *pb.SyncResponse)
	for _, tc := range []struct {
		name  string
		spoil spoil
		does  func(*world)
		rules []string
	}{
		{name: "a row is left out of a reply", rules: []string{"digests differ", "rows were skipped"},
			spoil: func(*world) func(*pb.SyncRequest, *pb.SyncResponse) {
				return func(_ *pb.SyncRequest, r *pb.SyncResponse) { r.Rows = r.Rows[min(1, len(r.Rows)):] }
			}},
		{name: "a household is left out of a view", rules: []string{"digests differ", "rows were skipped", "a phone is not quiet", "not quiet", "not at rest"},
			spoil: func(*world) func(*pb.SyncRequest, *pb.SyncResponse) {
				return func(_ *pb.SyncRequest, r *pb.SyncResponse) {
					if v := r.GetView(); v != nil {
						v.Grants = v.Grants[:len(v.Grants)-1]
					}
				}
			}},
		{name: "a reply has somebody else's row", rules: []string{"a row outside the rights"},
			spoil: func(w *world) func(*pb.SyncRequest, *pb.SyncResponse) {
				return func(req *pb.SyncRequest, r *pb.SyncResponse) {
					d := w.device(req.GetDevice())
					for _, s := range w.mirror.rows {
						if r.GetEpoch() == nil && d != nil && !w.mirror.may(d.Member, s) {
							r.Rows = append(r.Rows, s.row)
							return
						}
					}
				}
			}},
		{name: "a cursor jumps", rules: []string{"digests differ", "rows were skipped", "a row is not the server's"},
			spoil: func(*world) func(*pb.SyncRequest, *pb.SyncResponse) {
				return func(_ *pb.SyncRequest, r *pb.SyncResponse) {
					for _, c := range r.GetCursors() {
						c.Seq = proto.Uint64(c.GetSeq() + 1)
					}
				}
			}},
		{name: "a retry gets another stamp", rules: []string{"two answers to one change"},
			spoil: func(w *world) func(*pb.SyncRequest, *pb.SyncResponse) {
				calls := uint64(0)
				return func(_ *pb.SyncRequest, r *pb.SyncResponse) {
					calls++
					for _, a := range r.GetAcks() {
						if a.GetResult() == pb.Result_RESULT_STORED {
							a.Stamp = proto.Uint64(a.GetStamp() + calls<<8)
						}
					}
				}
			}},
		{name: "a phone forgets a change", rules: []string{"a text is lost"},
			does: func(w *world) {
				for _, p := range w.alive() {
					for o := range p.book().Ops() {
						if o.State == store.Waiting && len(tokens(o.Bytes)) > 0 {
							w.must(p.store.DropOp(ctx, o.Key), "forget a change")
						}
					}
				}
			}},
		{name: "an acked change is not kept", rules: []string{"a text is lost", "a call fails"},
			spoil: func(*world) func(*pb.SyncRequest, *pb.SyncResponse) {
				return func(req *pb.SyncRequest, r *pb.SyncResponse) {
					for _, a := range r.GetAcks() {
						if a.GetResult() == pb.Result_RESULT_LATER {
							a.Result = pb.Result_RESULT_STORED.Enum()
						}
					}
				}
			}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := options{sabotage: func(w *world) {
				w.meddle = tc.does
				if tc.spoil != nil {
					w.sabotage = tc.spoil(w)
				}
			}}
			for seed := range uint64(60) {
				res := run(seed, nil, o)
				if res.broken == nil {
					continue
				}
				if !slices.Contains(tc.rules, res.broken.rule) {
					t.Fatalf("seed %d was found out under another name: %v", seed, res.broken)
				}
				return
			}
			t.Error("nobody noticed")
		})
	}
}

// TestAFailureShrinks: of a run that fails few events are left, and they fail the same way.
func TestAFailureShrinks(t *testing.T) {
	o := options{sabotage: func(w *world) {
		w.meddle = func(w *world) {
			if len(w.erased) > 0 {
				w.fail("made", "up")
			}
		}
	}}
	for seed := range uint64(200) {
		res := run(seed, nil, o)
		if res.broken == nil || res.broken.rule != "made" {
			continue
		}
		keep := shrink(seed, *res.broken, o)
		if again := run(seed, keep, o); again.broken == nil || again.broken.rule != "made" {
			t.Errorf("seed %d: the events %v that are left do not fail: %v", seed, keep, again.broken)
		}
		if len(keep) > 6 {
			t.Errorf("seed %d: %d events are left", seed, len(keep))
		}
		return
	}
	t.Error("no seed erases anything")
}

// TestASeedReplays compares two runs of a seed line by line.
func TestASeedReplays(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, 5, 8, 13} {
		first := run(seed, nil, options{trace: true})
		again := run(seed, nil, options{trace: true})
		for i, line := range first.trace.text {
			if i >= len(again.trace.text) || again.trace.text[i] != line {
				t.Errorf("seed %d, line %d: %q", seed, i, line)
				break
			}
		}
		if len(first.trace.text) < 100 {
			t.Errorf("seed %d has a trace of %d lines", seed, len(first.trace.text))
		}
	}
}
