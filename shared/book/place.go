package book

import (
	"bytes"
	"errors"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Place says where a new record is kept: its holder and its partition (a branch, or the
// commune for what it holds itself), by the table of kinds. It asks where the record
// belongs, not whether the actor may write it: a record for a household that was handed
// over still has its place, and MayWrite judges.
//
// The error is ErrParked where the subject (or the kind) is not known here yet, or a
// *Refusal: BAD_WIRE for an envelope without what the kind needs, NOT_YOURS for a subject
// of another kind or another commune, CANNOT_REVIEW for a verdict on a kind without
// review. That an unknown subject is parked and a stranger's is refused tells nobody
// anything: ids have 74 random bits.
//
// Suggestion and RefusedChange are placed for the server's own use: at the desk of the
// branch of their subject, else of the actor; for an actor without a branch (an officer's
// refused change) with that member in the commune, because nobody else should read it.
func Place(env *pb.Envelope, a Actor, w World) (Holder, ID, error) {
	kind := env.GetKind()
	s := shapeOf(kind)
	if s == nil {
		if kind <= 0 {
			return Holder{}, ID{}, badWire(0, ruleEnvelope)
		}
		return Holder{}, ID{}, ErrParked
	}
	id, ok := IDFrom(env.GetId())
	if !ok {
		return Holder{}, ID{}, badWire(0, ruleEnvelope)
	}
	subject, hasSubject := IDFrom(env.GetSubject())
	if named := env.GetHousehold(); len(named) > 0 && s.info.Holder != HeldByHouseholdOrMember && !bytes.Equal(named, env.GetSubject()) {
		return Holder{}, ID{}, badWire(0, ruleEnvelope)
	}
	if kind == pb.Kind_KIND_UNIT {
		return placeUnit(subject, hasSubject, a, w)
	}
	if !hasSubject {
		return Holder{}, ID{}, badWire(0, ruleEnvelope)
	}
	switch s.info.Holder {
	case HeldByCommune:
		if subject != a.Commune {
			return Holder{}, ID{}, notYours(0, ruleNotYours)
		}
		return Holder{pb.HolderKind_HOLDER_KIND_COMMUNE, a.Commune}, a.Commune, nil
	case HeldByUnit:
		return placeByUnit(subject, a, w)
	case HeldAsItself:
		h, unit, err := placeByUnit(subject, a, w)
		if err != nil {
			return Holder{}, ID{}, err
		}
		if h.Kind != pb.HolderKind_HOLDER_KIND_BRANCH {
			return Holder{}, ID{}, notYours(0, ruleNotYours)
		}
		return Holder{pb.HolderKind_HOLDER_KIND_HOUSEHOLD, id}, unit, nil
	case HeldByHousehold:
		return placeByHousehold(subject, w)
	case HeldAsSubject:
		return placeAsSubject(kind, subject, a, w)
	case HeldByHouseholdOrMember:
		return placeReceipt(env, subject, a, w)
	default:
		return placeAtDesk(subject, a, w)
	}
}

// placeUnit places a node of the organisation tree: always with the commune of its
// writer, also the units above the commune, whose names stand on its papers.
func placeUnit(above ID, hasAbove bool, a Actor, w World) (Holder, ID, error) {
	holder := Holder{pb.HolderKind_HOLDER_KIND_COMMUNE, a.Commune}
	if !hasAbove {
		return holder, a.Commune, nil
	}
	if commune, ok := w.Commune(above); ok {
		if commune != a.Commune {
			return Holder{}, ID{}, notYours(0, ruleNotYours)
		}
		return holder, a.Commune, nil
	}
	r, ok := w.Record(above)
	if !ok {
		return Holder{}, ID{}, ErrParked
	}
	if r.Kind != pb.Kind_KIND_UNIT || r.Holder != holder {
		return Holder{}, ID{}, notYours(0, ruleNotYours)
	}
	return holder, a.Commune, nil
}

func placeByUnit(unit ID, a Actor, w World) (Holder, ID, error) {
	commune, ok := w.Commune(unit)
	switch {
	case !ok:
		return Holder{}, ID{}, ErrParked
	case commune != a.Commune:
		return Holder{}, ID{}, notYours(0, ruleNotYours)
	case commune == unit:
		return Holder{pb.HolderKind_HOLDER_KIND_COMMUNE, unit}, unit, nil
	}
	return Holder{pb.HolderKind_HOLDER_KIND_BRANCH, unit}, unit, nil
}

func placeByHousehold(household ID, w World) (Holder, ID, error) {
	facts, ok := w.Household(household)
	if !ok {
		return Holder{}, ID{}, ErrParked
	}
	return Holder{pb.HolderKind_HOLDER_KIND_HOUSEHOLD, household}, facts.Branch, nil
}

func placeAsSubject(kind pb.Kind, subject ID, a Actor, w World) (Holder, ID, error) {
	r, ok := w.Record(subject)
	if !ok {
		return Holder{}, ID{}, ErrParked
	}
	switch kind {
	case pb.Kind_KIND_STEP:
		if r.Kind != pb.Kind_KIND_PETITION {
			return Holder{}, ID{}, notYours(0, ruleNotYours)
		}
	case pb.Kind_KIND_REVIEW:
		if info, _ := KindInfo(r.Kind); !info.Reviewed {
			// What sort of record it is only who sees it may hear.
			if !MaySee(a, r.Holder, r.Unit, w) {
				return Holder{}, ID{}, notYours(0, ruleNotYours)
			}
			return Holder{}, ID{}, cannotReview(0, ruleNotReviewed)
		}
	}
	return r.Holder, r.Unit, nil
}

func placeReceipt(env *pb.Envelope, notice ID, a Actor, w World) (Holder, ID, error) {
	r, ok := w.Record(notice)
	if !ok {
		return Holder{}, ID{}, ErrParked
	}
	if r.Kind != pb.Kind_KIND_NOTICE {
		return Holder{}, ID{}, notYours(0, ruleNotYours)
	}
	if len(env.GetHousehold()) == 0 {
		unit := a.Branch
		if unit.IsZero() {
			unit = a.Commune
		}
		return Holder{pb.HolderKind_HOLDER_KIND_MEMBER, a.Member}, unit, nil
	}
	household, ok := IDFrom(env.GetHousehold())
	if !ok {
		return Holder{}, ID{}, badWire(0, ruleEnvelope)
	}
	return placeByHousehold(household, w)
}

func placeAtDesk(subject ID, a Actor, w World) (Holder, ID, error) {
	branch := a.Branch
	if r, ok := w.Record(subject); ok && r.Unit != a.Commune {
		branch = r.Unit
	}
	if branch.IsZero() {
		return Holder{pb.HolderKind_HOLDER_KIND_MEMBER, a.Member}, a.Commune, nil
	}
	return Holder{pb.HolderKind_HOLDER_KIND_DESK, branch}, branch, nil
}

// PlaceTakenOver says where a row belongs that a phone still had after a restore of the server:
// as Place does for whoever made it, in the branch or commune of a. Where its subject is not
// here (yet), the holder that the phone names must be one that the kind can have: a household
// of the branch; then missing is true, and the row can stand only once its subject does.
// false: it belongs nowhere here.
func PlaceTakenOver(env *pb.Envelope, named Holder, a Actor, w World) (unit ID, missing, ok bool) {
	maker := Actor{Commune: a.Commune, Branch: a.Branch}
	maker.Member, _ = IDFrom(env.GetAuthor())
	holder, unit, err := Place(env, maker, w)
	if err == nil {
		return unit, false, holder == named && (unit == a.Branch || unit == a.Commune)
	}
	s := shapeOf(env.GetKind())
	if !errors.Is(err, ErrParked) || s == nil {
		return ID{}, false, false
	}
	subject, _ := IDFrom(env.GetSubject())
	household, _ := IDFrom(env.GetHousehold())
	switch s.info.Holder {
	case HeldByCommune:
		return a.Commune, true, named == Holder{pb.HolderKind_HOLDER_KIND_COMMUNE, a.Commune}
	case HeldByHousehold:
		ok = named.ID == subject
	case HeldAsSubject:
		ok = true
	case HeldByHouseholdOrMember:
		ok = named.ID == household
	}
	if facts, known := w.Household(named.ID); known && facts.Branch != a.Branch {
		return ID{}, false, false
	}
	return a.Branch, true, ok && named.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD && !a.Branch.IsZero()
}

// NotTaken is the refusal of a change that waited at the desk and was not taken.
func NotTaken() *Refusal {
	return &Refusal{Code: pb.RefusalCode_REFUSAL_CODE_DECLINED, Rule: ruleDeclined}
}

// SubjectMissing is the refusal of taking over a row whose subject is not there.
func SubjectMissing() *Refusal { return invalid(100, ruleSubjectMissing) }
