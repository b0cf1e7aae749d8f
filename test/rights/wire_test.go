package rights

import (
	"bytes"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/test/probe"
)

// calls tries the calls of the desk about people and devices.
func (s *stage) calls() {
	for _, call := range s.tb.calls {
		for _, actor := range actors {
			p := s.writer(actor)
			if actor == "lạ" {
				p = p.Copy()
				p.Token = ""
			}
			want := s.tb.want(call, "call", actor)
			err, other := s.call(call, p)
			got := yes
			if err != nil {
				o := outcome{err: err, problem: probe.ProblemOf(err)}
				if got = o.word(want); o.problem.GetCode() == pb.ProblemCode_PROBLEM_CODE_NOT_YOURS {
					got = notThere
					if other != nil && !proto.Equal(probe.ProblemOf(other), o.problem) {
						s.t.Errorf("%s by %s: %v, and of what is not there %v", call, actor, err, other)
					}
				}
			}
			if got != want {
				s.t.Errorf("%s by %s: %s, the table has %s", call, actor, got, want)
			}
		}
	}
}

// call makes one call; other is the answer to the same about somebody who is not there.
func (s *stage) call(name string, p *probe.Phone) (err, other error) {
	ctx, client := s.t.Context(), p.Enrolling()
	switch name {
	case "IssueCode":
		_, err = client.IssueCode(ctx, probe.With(&pb.IssueCodeRequest{Member: s.tw.Member("Bình").Bytes()}, p.Token))
		_, other = client.IssueCode(ctx, probe.With(&pb.IssueCodeRequest{Member: p.ID().Bytes()}, p.Token))
	case "ListDevices":
		out, problem := client.ListDevices(ctx, probe.With(&pb.ListDevicesRequest{}, p.Token))
		if err = problem; err == nil {
			var own []book.ID
			for id, row := range p.Rows {
				if row.GetEnvelope().GetKind() == pb.Kind_KIND_MEMBER && bytes.Equal(row.GetEnvelope().GetHolder().GetId(), p.Branch.Bytes()) {
					own = append(own, id)
				}
			}
			for _, d := range out.Msg.GetDevices() {
				if id, _ := book.IDFrom(d.GetMember()); !slices.Contains(own, id) {
					s.t.Errorf("a device of %s, who is not of the branch, is listed", id)
				}
			}
		}
	case "ConfirmDevice":
		_, err = client.ConfirmDevice(ctx, probe.With(&pb.ConfirmDeviceRequest{Device: &s.second.Device}, p.Token))
		_, other = client.ConfirmDevice(ctx, probe.With(&pb.ConfirmDeviceRequest{Device: proto.Uint32(1 << 30)}, p.Token))
	case "RevokeDevice":
		target := s.tw.Phone(s.t, s.tw.Member("Cúc"))
		_, err = client.RevokeDevice(ctx, probe.With(&pb.RevokeDeviceRequest{Device: &target.Device}, p.Token))
		_, other = client.RevokeDevice(ctx, probe.With(&pb.RevokeDeviceRequest{Device: proto.Uint32(1 << 30)}, p.Token))
		if _, problem := target.Try(); (problem == nil) != (err != nil) {
			s.t.Errorf("RevokeDevice: %v, and the device: %v", err, problem)
		}
	default:
		s.t.Errorf("the table has a call %q that this test cannot make", name)
	}
	return err, other
}

// forged lets every actor ask for what is not theirs, in all ways that a request has:
// fillings, cursors, listings, parked changes, another's device. What comes is looked at
// like every reply.
func (s *stage) forged() {
	var holders []book.Holder
	for h := range maps.Keys(s.class) {
		holders = append(holders, h)
	}
	for _, b := range []book.ID{s.branch1, s.branch2} {
		holders = append(holders, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH, ID: b})
	}
	for _, actor := range actors {
		if actor == "lạ" {
			continue
		}
		p := s.phone[actor].Copy()
		p.Forget()
		for _, unit := range []book.ID{s.tw.Commune, s.branch1, s.branch2} {
			p.Cursors = append(p.Cursors, &pb.Cursor{Unit: unit.Bytes(), Seq: proto.Uint64(0)})
		}
		req := p.Request()
		for _, h := range holders {
			for _, since := range []uint64{0, 1} {
				req.Filling = append(req.Filling, &pb.Filling{Holder: h.Proto(), Grant: proto.Uint64(since), Upto: proto.Uint64(1 << 40), Phase: proto.Uint32(uint32(since)), Below: proto.Uint64(1 << 40)})
			}
			req.Compare = append(req.Compare, h.Proto())
		}
		for n := range uint64(50) {
			req.Parked = append(req.Parked, n)
		}
		if out, err := p.Call(req); err == nil && actor == "sao" && len(out.GetRows())+len(out.GetListings())+len(out.GetFilling()) > 0 {
			s.t.Errorf("the unconfirmed copy was given something: %v", out)
		}
		for _, other := range actors[:8] {
			if stranger := s.phone[other]; stranger.Member != p.Member {
				req := p.Request()
				req.Device = proto.Uint32(stranger.Device)
				if out, err := p.Call(req); err == nil {
					s.t.Errorf("%s calls as the device of %s: %v", actor, other, out)
				}
			}
		}
	}
}
