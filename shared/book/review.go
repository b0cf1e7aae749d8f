package book

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// Status is how far a reviewed record has come. It is derived, never stored.
type Status uint8

const (
	// Written: on the phone only.
	Written Status = iota + 1
	// Sent: on its way; only the phone's outbox knows, StatusOf never says it.
	Sent
	// Stored: on the server, waits for a verdict.
	Stored
	Approved
	Returned
	// WaitingAgain: changed after a verdict.
	WaitingAgain
	// NoReviewer: nobody of the branch could give a verdict. It counts apart, and its
	// petitions go up all the same, marked so.
	NoReviewer
)

// StatusOf derives where a record of a reviewed kind stands, from all reviews about it in
// any order, with the reason of the verdict that holds and that verdict. The later of two
// verdicts on one version holds (by stamp, then device, then id). A record without Seq is
// Written.
//
// Of a household only edits by its member (or a proxy) are reviewed: while every field was
// last written by secretary, deputy or the server's import it is Approved without verdict.
//
// NoReviewer: the branch has no secretary or deputy with a device other than those who
// wrote it or for whom it was written. One without a device could not give a verdict, and
// a household's petition shall not wait for a phone.
func StatusOf(r Record, reviews []Record, w World) (Status, string, *Record) {
	if r.Seq == 0 {
		return Written, "", nil
	}
	return verdictOn(r, reviews, w)
}

// verdictOn is StatusOf for a record that counts as stored.
func verdictOn(r Record, reviews []Record, w World) (Status, string, *Record) {
	digest := lww.Digest(r.State.Body)
	var holds *Record
	others := false
	for i := range reviews {
		v := &reviews[i]
		d, _ := peek(v.State.Body, 1)
		switch {
		case v.Kind != pb.Kind_KIND_REVIEW || v.Subject != r.ID:
		case !bytes.Equal(d.b, digest[:]):
			others = true
		case holds == nil || later(v, holds):
			holds = v
		}
	}
	if holds != nil {
		verdict, _ := peek(holds.State.Body, 2)
		reason, _ := peek(holds.State.Body, 3)
		switch pb.Verdict(verdict.v) {
		case pb.Verdict_VERDICT_APPROVED:
			return Approved, string(reason.b), holds
		case pb.Verdict_VERDICT_RETURNED:
			return Returned, string(reason.b), holds
		}
	}
	if r.Kind == pb.Kind_KIND_HOUSEHOLD && !writtenByMember(r, w) {
		return Approved, "", nil
	}
	if !hasReviewer(r, w) {
		return NoReviewer, "", nil
	}
	if others {
		return WaitingAgain, "", nil
	}
	return Stored, "", nil
}

// later orders write-once records: by the stamp that the server gave, then the id.
func later(a, b *Record) bool {
	if c := a.State.Created.Compare(b.State.Created); c != 0 {
		return c > 0
	}
	return bytes.Compare(a.ID[:], b.ID[:]) > 0
}

func writtenByMember(r Record, w World) bool {
	for _, id := range LastWriters(r, w) {
		if m, ok := w.Member(id); !ok || !IsDesk(m.Office) {
			return true
		}
	}
	return false
}

func hasReviewer(r Record, w World) bool {
	authors := ownersOf(r, w)
	for _, m := range w.BranchMembers(r.Unit) {
		if IsDesk(m.Office) && !m.Deleted && m.HasDevice && !slices.Contains(authors, m.ID) {
			return true
		}
	}
	return false
}

// ownersOf are those who must not review the current version: its last writers, and the
// member for whom it was written. Of a household the verdict is on the members' edits
// alone, so that a secretary who entered the list may approve what a member changed in it.
func ownersOf(r Record, w World) []ID {
	ids := LastWriters(r, w)
	if r.Kind == pb.Kind_KIND_HOUSEHOLD {
		members := slices.DeleteFunc(slices.Clone(ids), func(id ID) bool {
			m, ok := w.Member(id)
			return ok && IsDesk(m.Office)
		})
		if len(members) > 0 {
			return members
		}
	}
	if id, ok := onBehalfOf(r); ok && !slices.Contains(ids, id) {
		ids = append(ids, id)
	}
	return ids
}

func onBehalfOf(r Record) (ID, bool) {
	switch r.Kind {
	case pb.Kind_KIND_VISIT, pb.Kind_KIND_PETITION, pb.Kind_KIND_CONTRIBUTION:
		f, _ := peek(r.State.Body, fieldOnBehalf)
		return IDFrom(f.b)
	}
	return ID{}, false
}

// LastWriters gives the members who last set or cleared a field from 1 to 99 of the
// record, sorted, each once. A device that World does not know writes for nobody (the
// server's own import); for a record of unknown versions it is the author.
func LastWriters(r Record, w World) []ID {
	var ids []ID
	add := func(device uint32) {
		if id, ok := w.MemberOfDevice(device); ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if r.State.Created.IsZero() && len(r.State.Later) == 0 && !r.Author.IsZero() {
		return []ID{r.Author}
	}
	// The creation counts while it still covers a field of the body.
	covered := false
	eachField(r.State.Body, func(field uint32) {
		if field <= lastReviewed && !slices.ContainsFunc(r.State.Later, func(l lww.FieldVersion) bool { return l.Field == field }) {
			covered = true
		}
	})
	if covered {
		add(r.State.Created.Device)
	}
	for _, l := range r.State.Later {
		if l.Field <= lastReviewed {
			add(l.Device)
		}
	}
	slices.SortFunc(ids, func(a, b ID) int { return bytes.Compare(a[:], b[:]) })
	return ids
}

// eachField calls f with the number of each wire record.
func eachField(body []byte, f func(field uint32)) {
	for len(body) > 0 {
		num, typ, n := protowire.ConsumeTag(body)
		if n < 0 {
			return
		}
		m := protowire.ConsumeFieldValue(num, typ, body[n:])
		if m < 0 {
			return
		}
		f(uint32(num))
		body = body[n+m:]
	}
}

// MayReview says whether the actor may give a verdict, of either sort, on the version of
// the subject with that digest: nil, or why not. The app asks with the digest of what it
// shows to enable the button.
//
// Only secretary and deputy of the branch; on no version in which they last wrote a field
// from 1 to 99 (of a household: unless members wrote others, whose edits the verdict is
// on), nor one that was written on behalf of them, so that a secretary's visits go to the
// deputy and the reverse; and on none with a reviewed field that this code, or the
// version of the actor's app (0: unknown), does not know. Who wrote a version that is no longer the
// current one World may know (VersionWriters); where it does not, the current writers and
// the author stand for them.
func MayReview(a Actor, subject Record, digest [16]byte, w World) *Refusal {
	if !a.atDesk(subject.Unit) || !MaySee(a, subject.Holder, subject.Unit, w) {
		return notYours(0, ruleNotYours)
	}
	s := shapeOf(subject.Kind)
	if s == nil || !s.info.Reviewed {
		return cannotReview(0, ruleNotReviewed)
	}
	owners := ownersOf(subject, w)
	if lww.Digest(subject.State.Body) != digest {
		known := false
		if history, ok := w.(VersionWriters); ok {
			var past []ID
			if past, known = history.WritersOf(subject.ID, digest); known {
				owners = past
			}
		}
		if !known {
			owners = append(owners, subject.Author)
		}
		if id, ok := onBehalfOf(subject); ok {
			owners = append(owners, id)
		}
	}
	if slices.Contains(owners, a.Member) {
		return cannotReview(0, ruleSelfReview)
	}
	var unknown uint32
	eachField(subject.State.Body, func(field uint32) {
		if field <= lastReviewed && (!s.fields[field].known || sinceSchema[subject.Kind][field] > a.Schema || a.Schema == 0) {
			unknown = field
		}
	})
	if unknown != 0 {
		return cannotReview(unknown, ruleUnknownFields)
	}
	return nil
}
