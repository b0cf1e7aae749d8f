package book

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

func TestConsents(t *testing.T) {
	const keep, forward = pb.Purpose_PURPOSE_KEEP, pb.Purpose_PURPOSE_FORWARD
	const yes, no, back = pb.Answer_ANSWER_GIVEN, pb.Answer_ANSWER_DECLINED, pb.Answer_ANSWER_WITHDRAWN
	type said struct {
		name string
		p    pb.Purpose
		a    pb.Answer
		seen []ID
	}
	for _, tc := range []struct {
		name          string
		said          []said
		keep, forward ConsentState
	}{
		{"nothing", nil, NotAsked, NotAsked},
		{"given", []said{{"1", keep, yes, nil}}, Given, NotAsked},
		{"declined", []said{{"1", keep, no, nil}}, Declined, NotAsked},
		{"purposes are apart", []said{{"1", keep, yes, nil}, {"2", forward, no, nil}}, Given, Declined},
		{"declined, later given", []said{{"1", keep, no, nil}, {"2", keep, yes, nil}}, Given, NotAsked},
		{"given, later declined", []said{{"1", keep, yes, nil}, {"2", keep, no, nil}}, Declined, NotAsked},
		{"withdrawn", []said{{"1", keep, yes, nil}, {"2", keep, back, nil}}, Withdrawn, NotAsked},
		{"a later consent that has not seen the withdrawal", []said{{"1", keep, back, nil}, {"2", keep, yes, nil}}, Withdrawn, NotAsked},
		{"a later consent that has seen it", []said{{"1", keep, back, nil}, {"2", keep, yes, []ID{named("1")}}}, Given, NotAsked},
		{"one of two withdrawals seen", []said{{"1", keep, back, nil}, {"2", keep, back, nil}, {"3", keep, yes, []ID{named("1")}}}, Withdrawn, NotAsked},
		{"both seen, by two consents", []said{{"1", keep, back, nil}, {"2", keep, yes, []ID{named("1")}}, {"3", keep, back, nil}, {"4", keep, yes, []ID{named("3")}}}, Given, NotAsked},
		{"the other purpose's consent has seen it", []said{{"1", keep, back, nil}, {"2", forward, yes, []ID{named("1")}}}, Withdrawn, Given},
		{"a refusal does not undo", []said{{"1", keep, back, nil}, {"2", keep, no, []ID{named("1")}}}, Withdrawn, NotAsked},
		{"undone, later declined", []said{{"1", keep, back, nil}, {"2", keep, yes, []ID{named("1")}}, {"3", keep, no, nil}}, Declined, NotAsked},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			var all []Record
			for _, s := range tc.said {
				all = append(all, w.answer(t, s.name, "hộ-an", s.p, s.a, s.seen...))
			}
			got := Consents(all)
			if got[keep] != tc.keep || got[forward] != tc.forward {
				t.Errorf("keep %v forward %v, want %v %v", got[keep], got[forward], tc.keep, tc.forward)
			}
			slices.Reverse(all)
			if again := Consents(append(all, all...)); again[keep] != tc.keep || again[forward] != tc.forward {
				t.Errorf("reversed and doubled: %v", again)
			}
		})
	}
}

func TestWithdrawalsAreWhatANewConsentNames(t *testing.T) {
	w := newWorld()
	w.answer(t, "1", "hộ-an", pb.Purpose_PURPOSE_KEEP, pb.Answer_ANSWER_WITHDRAWN)
	w.answer(t, "2", "hộ-an", pb.Purpose_PURPOSE_FORWARD, pb.Answer_ANSWER_WITHDRAWN)
	seen := Withdrawals(w.About(named("hộ-an"), pb.Kind_KIND_CONSENT), pb.Purpose_PURPOSE_KEEP)
	if !slices.Equal(seen, []ID{named("1")}) {
		t.Errorf("%v", seen)
	}
	w.answer(t, "3", "hộ-an", pb.Purpose_PURPOSE_KEEP, pb.Answer_ANSWER_GIVEN, seen...)
	if got := Consents(w.About(named("hộ-an"), pb.Kind_KIND_CONSENT))[pb.Purpose_PURPOSE_KEEP]; got != Given {
		t.Errorf("%v", got)
	}
}

// TestConsentProperties: the order of answers never matters; an unseen withdrawal always
// stands, wherever its stamp lies.
func TestConsentProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 7).Draw(rt, "n")
		ids := make([]ID, n)
		for i := range ids {
			ids[i] = named(string(rune('a' + i)))
		}
		var all []Record
		withdrawn := map[pb.Purpose][]ID{}
		type key struct {
			p  pb.Purpose
			id ID
		}
		seenBy := map[key]bool{}
		for i := range n {
			p := pb.Purpose(rapid.IntRange(1, 2).Draw(rt, "purpose"))
			a := pb.Answer(rapid.IntRange(1, 3).Draw(rt, "answer"))
			c := &pb.Consent{Purpose: p.Enum(), Answer: a.Enum()}
			if a == pb.Answer_ANSWER_GIVEN {
				for _, j := range rapid.SliceOfDistinct(rapid.IntRange(0, n-1), func(j int) int { return j }).Draw(rt, "seen") {
					c.WithdrawalsSeen = append(c.WithdrawalsSeen, ids[j].Bytes())
					seenBy[key{p, ids[j]}] = true
				}
			}
			if a == pb.Answer_ANSWER_WITHDRAWN {
				withdrawn[p] = append(withdrawn[p], ids[i])
			}
			body, err := lww.Encode(c)
			if err != nil {
				rt.Fatal(err)
			}
			stamp := hlc.Make(int64(rapid.IntRange(1, 3).Draw(rt, "ms")), 0)
			all = append(all, Record{Kind: pb.Kind_KIND_CONSENT, ID: ids[i], Subject: named("hộ"), State: lww.State{Body: body, Created: lww.Version{Stamp: stamp, Device: uint32(rapid.IntRange(1, 2).Draw(rt, "device"))}}})
		}
		want := Consents(all)
		for p, ws := range withdrawn {
			stands := slices.ContainsFunc(ws, func(id ID) bool { return !seenBy[key{p, id}] })
			if stands != (want[p] == Withdrawn) {
				rt.Fatalf("%v: withdrawal stands %v, state %v", p, stands, want[p])
			}
		}
		mixed := rapid.Permutation(all).Draw(rt, "order")
		got := Consents(append(mixed, mixed...))
		if len(got) != len(want) || got[1] != want[1] || got[2] != want[2] {
			rt.Fatalf("%v in another order, %v", got, want)
		}
	})
}
