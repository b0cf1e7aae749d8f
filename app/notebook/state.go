package notebook

import (
	"time"

	"sodanvan/app/store"
	"sodanvan/app/words"
)

// State is what the screen "Gửi" says.
type State struct {
	// Unsent are changes that the server does not have, Drafts forms half filled in, Mends
	// refused records, Parked changes that the server keeps waiting, Leaving households that
	// were handed over and stay until all of them is sent.
	Unsent  int `json:"unsent"`
	Drafts  int `json:"drafts"`
	Mends   int `json:"mends"`
	Parked  int `json:"parked"`
	Leaving int `json:"leaving"`
	// Suggested are own changes that wait for a person's decision; Conflicts ask about own
	// values that were overwritten.
	Suggested int `json:"suggested"`
	Conflicts int `json:"conflicts"`
	// Filling are households or books that are still being fetched.
	Filling int `json:"filling"`
	// Offers are records from before a restore of the server that it is still to be shown.
	Offers int `json:"offers,omitempty"`
	// LastSync is the phone's clock; the zero time: never.
	LastSync time.Time `json:"last_sync"`
	// LowSpace: so little room is left that writing may soon fail.
	LowSpace bool `json:"low_space,omitempty"`
	// Safe: nothing would be lost with this phone.
	Safe bool `json:"safe"`
	// Lines say all of it in words, what needs doing first.
	Lines []string `json:"lines"`
}

// State tells how things stand with sending and receiving, without the network.
func (n *Notebook) State() State {
	v := n.view()
	st := v.State()
	s := State{
		Drafts: len(v.Snapshot.Drafts()), Mends: len(v.pending()), Leaving: len(st.Leaving), Filling: len(st.Fillings),
		LastSync: moment(st.LastSyncMS), Conflicts: len(v.conflicts()), Offers: v.OfferCount(),
	}
	for o := range v.Ops() {
		switch {
		case o.Unsent():
			s.Unsent++
		case o.State == store.Parked:
			s.Parked++
		case o.State == store.Suggested:
			s.Suggested++
		}
	}
	say := func(when bool, line string) {
		if when {
			s.Lines = append(s.Lines, line)
		}
	}
	_, s.LowSpace = n.Space()
	trouble := n.trouble.Load()
	say(st.Revoked, words.Revoked)
	say(s.LowSpace, words.LowSpace)
	say(st.Unconfirmed, words.CloneWaits)
	say(s.Mends > 0, words.MendCount(s.Mends))
	say(s.Conflicts > 0, words.ConflictCount(s.Conflicts))
	say(s.Unsent > 0, words.UnsentCount(s.Unsent))
	say(s.Drafts > 0, words.DraftCount(s.Drafts))
	say(s.Leaving > 0, words.LeavingCount(s.Leaving))
	say(s.Parked > 0, words.ParkedCount(s.Parked))
	say(s.Suggested > 0, words.SuggestedCount(s.Suggested))
	say(s.Offers > 0, words.OfferCount(s.Offers))
	say(s.Filling > 0, words.Filling)
	say(len(st.Differs) > 0 || v.Damaged() > 0, words.Differs)
	say(trouble != nil && *trouble != "", deref(trouble))
	s.Safe = s.Unsent+s.Drafts+s.Mends+s.Parked+s.Offers == 0 && !s.LastSync.IsZero()
	say(s.Safe, words.AllSafe)
	s.Lines = append(s.Lines, words.LastSync(s.LastSync))
	return s
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
