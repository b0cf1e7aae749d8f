package registry

import (
	"bytes"
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
)

// grant is one entry of a view.
type grant struct {
	holder book.Holder
	// unit is the partition in which the holder's rows stand.
	unit  book.ID
	since uint64
}

// view computes what an actor should hold: the commune's own rows, and for people of a
// branch the branch's, their own, and the households that they look after or may write for;
// secretary and deputy hold the whole branch. Officers and administrators hold no branch.
//
// The number of a grant is the seq of what gave it, so that a household that went away and
// came back is a new grant, and is fetched anew.
func view(from store.Reader, a book.Actor) ([]grant, error) {
	if a.Unconfirmed || a.Member.IsZero() {
		return nil, nil
	}
	me, ok, err := from.Member(a.Member)
	if err != nil || !ok || me.Deleted {
		return nil, err
	}
	var out []grant
	give := func(kind pb.HolderKind, id, unit book.ID, since uint64) {
		out = append(out, grant{book.Holder{Kind: kind, ID: id}, unit, since})
	}
	give(pb.HolderKind_HOLDER_KIND_COMMUNE, a.Commune, a.Commune, me.Since)
	switch {
	case a.Branch.IsZero():
		give(pb.HolderKind_HOLDER_KIND_MEMBER, a.Member, a.Commune, me.Since)
	case book.IsDesk(a.Office):
		give(pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH, a.Branch, a.Branch, me.Since)
	default:
		give(pb.HolderKind_HOLDER_KIND_BRANCH, a.Branch, a.Branch, me.Since)
		give(pb.HolderKind_HOLDER_KIND_MEMBER, a.Member, a.Branch, me.Since)
		hs, err := from.HouseholdsOf(a.Member)
		if err != nil {
			return nil, err
		}
		for _, h := range hs {
			if h.Branch == a.Branch {
				give(pb.HolderKind_HOLDER_KIND_HOUSEHOLD, h.ID, h.Branch, h.Since)
			}
		}
		others, err := from.ProxyFor(a.Member)
		if err != nil {
			return nil, err
		}
		for _, m := range others {
			if m.Unit != a.Branch || m.Deleted || m.ID == a.Member {
				continue
			}
			hs, err := from.HouseholdsOf(m.ID)
			if err != nil {
				return nil, err
			}
			for _, h := range hs {
				if h.Branch == a.Branch {
					give(pb.HolderKind_HOLDER_KIND_HOUSEHOLD, h.ID, h.Branch, max(h.Since, m.ProxySince))
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y grant) int {
		return cmp.Or(cmp.Compare(x.holder.Kind, y.holder.Kind), slices.Compare(x.holder.ID[:], y.holder.ID[:]))
	})
	return slices.CompactFunc(out, func(x, y grant) bool { return x.holder == y.holder }), nil
}

func protoGrants(v []grant) []*pb.Grant {
	out := make([]*pb.Grant, len(v))
	for i, g := range v {
		out[i] = &pb.Grant{Holder: g.holder.Proto(), Grant: proto.Uint64(g.since)}
	}
	return out
}

// matches tells whether a phone holds just what it should, or is fetching the rest of it:
// its digest is of the grants that are complete.
func matches(v []grant, req *pb.SyncRequest) bool {
	fetching := map[book.Holder]uint64{}
	for _, f := range req.GetFilling() {
		fetching[book.HolderFrom(f.GetHolder())] = f.GetGrant()
	}
	complete := make([]grant, 0, len(v))
	for _, g := range v {
		if since, ok := fetching[g.holder]; ok && since == g.since {
			delete(fetching, g.holder)
			continue
		}
		complete = append(complete, g)
	}
	// A phone that fetches what it should not have must hear of it too.
	return len(fetching) == 0 && bytes.Equal(lww.HeldDigest(protoGrants(complete)), req.GetHeld())
}
