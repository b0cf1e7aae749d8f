package registry

import (
	"fmt"
	"testing"

	"sodanvan/syncserver/store/sqlite"
)

// BenchmarkPush and BenchmarkPull move 10,000 visits of one branch through the registry
// with all its duties on; test/bench does the same over the wire beside its floor.
func BenchmarkPush(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		tw := newTown(b, sqlite.Options{})
		p := tw.phone("Bình")
		p.sync()
		h := p.household("Hộ Bình1")
		p.sync(p.consent(h))
		ops := make([][]byte, 10_000)
		for i := range ops {
			ops[i] = p.visit(p.id(), h, fmt.Sprintf("Gia đình hỏi về vay vốn lần %d, hẹn trả lời trong tháng.", i))
		}
		req := p.request(ops...)
		d, err := tw.r.deviceOf(b.Context(), p.caller, req)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, _, err := tw.r.push(b.Context(), d.Number, req, p.response); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPull(b *testing.B) {
	tw := newTown(b, sqlite.Options{})
	p := tw.phone("Bình")
	p.sync()
	h := p.household("Hộ Bình1")
	ops := make([][]byte, 10_000)
	ops[0] = p.consent(h)
	for i := 1; i < len(ops); i++ {
		ops[i] = p.visit(p.id(), h, fmt.Sprintf("Gia đình hỏi về vay vốn lần %d, hẹn trả lời trong tháng.", i))
	}
	p.sync(ops...)
	s := tw.phone("An")
	b.ResetTimer()
	for b.Loop() {
		s.held, s.view, s.filling, s.cursors = nil, nil, nil, nil
		clear(s.rows)
		s.sync()
	}
	if len(s.rows) < 10_000 {
		b.Fatalf("%d rows", len(s.rows))
	}
}
