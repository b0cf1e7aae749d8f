package notebook

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// MemberEdit is what an edit of a member changes; nil leaves a field alone. Office and
// devices are the server's.
type MemberEdit struct {
	Name *string
	// Distinguish tells namesakes of a branch apart.
	Distinguish *string
	// Phone as typed; it is kept in the form in which it is dialled.
	Phone *string
	// Proxies may write for this member; an empty list: nobody.
	Proxies *[]ID
}

func (e MemberEdit) kind() pb.Kind { return pb.Kind_KIND_MEMBER }

func (e MemberEdit) apply(msg proto.Message) {
	m := msg.(*pb.Member)
	if e.Name != nil {
		m.Name = text(*e.Name)
	}
	if e.Distinguish != nil {
		m.Distinguish = text(*e.Distinguish)
	}
	if e.Phone != nil {
		m.Phone = text(dialled(*e.Phone))
	}
	if e.Proxies != nil {
		m.Proxies = nil
		for _, p := range *e.Proxies {
			m.Proxies = append(m.Proxies, book.ID(p).Bytes())
		}
	}
}

// NewMember adds a member to the branch; for secretary and deputy. They get their office
// from the administrator and a phone with a code ([Notebook.IssueCode]); till then a proxy,
// secretary or deputy writes for them.
func (n *Notebook) NewMember(ctx context.Context, e MemberEdit) (Saved, error) {
	return n.ofBranch(ctx, e, ID{}, func(*view) proto.Message { return new(pb.Member) })
}

// EditMember changes a member's page; for secretary and deputy.
func (n *Notebook) EditMember(ctx context.Context, id ID, e MemberEdit) (Saved, error) {
	return edit(ctx, n, pb.Kind_KIND_MEMBER, id, func(_ *view, _ store.Record, m *pb.Member) error {
		if e.Proxies != nil && m.GetHasDevice() && slices.ContainsFunc(*e.Proxies, func(p ID) bool {
			return !slices.ContainsFunc(m.GetProxies(), func(b []byte) bool { return idFrom(b) == p })
		}) {
			return ErrHasPhone
		}
		e.apply(m)
		return nil
	})
}

// SetProxies says who writes for a member who has no phone, else ErrHasPhone; nobody takes it
// back. For secretary and deputy. The proxies' phones get that member's households at their next
// sync, and drop them again when they are proxies no more and their own work is sent.
func (n *Notebook) SetProxies(ctx context.Context, member ID, proxies []ID) (Saved, error) {
	return n.EditMember(ctx, member, MemberEdit{Proxies: &proxies})
}

// LooksAfterError: a member who is to be deleted still looks after households.
type LooksAfterError struct{ Households int }

func (e *LooksAfterError) Error() string {
	return fmt.Sprintf("member still looks after %d households", e.Households)
}

// UserMessage says what to do before.
func (e *LooksAfterError) UserMessage() string { return words.StillLooksAfter(e.Households) }

// freed refuses that a member is deleted whose households nobody would look after then.
func (v *view) freed(member book.ID) error {
	n := 0
	for r := range v.Kind(pb.Kind_KIND_HOUSEHOLD) {
		if h := decode[pb.Household](r.State); !h.GetDeleted() && idFrom(h.GetMember()) == ID(member) {
			n++
		}
	}
	if n > 0 {
		return &LooksAfterError{Households: n}
	}
	return nil
}

// Member is a member of the branch as lists show them.
type Member struct {
	ID     ID     `json:"id"`
	Name   string `json:"name"`
	Office Term   `json:"office"`
	Phone  string `json:"phone,omitempty"`
	// HasDevice: writes with an own phone.
	HasDevice bool `json:"has_device"`
	// Households is how many they look after, of those that this phone sees.
	Households int `json:"households"`
	// Proxies are the names of those who may write for them, WritesFor of those for whom
	// they may. ProxyIDs are the proxies in the same order, as SetProxies takes them.
	Proxies   []string `json:"proxies,omitempty"`
	ProxyIDs  []ID     `json:"proxy_ids,omitempty"`
	WritesFor []string `json:"writes_for,omitempty"`
}

// Members lists the members of the branch by given name.
func (n *Notebook) Members() []Member {
	v := n.view()
	count := map[book.ID]int{}
	for r := range v.Kind(pb.Kind_KIND_HOUSEHOLD) {
		if h := decode[pb.Household](r.State); !h.GetDeleted() {
			count[book.ID(idFrom(h.GetMember()))]++
		}
	}
	var out []Member
	for r := range v.Kind(pb.Kind_KIND_MEMBER) {
		m := decode[pb.Member](r.State)
		if r.Subject != v.me.Branch || m.GetDeleted() {
			continue
		}
		line := Member{
			ID: ID(r.ID), Name: v.memberName(r.ID), Office: officeTerm(m.GetOffice()), Phone: viet.FormatPhone(m.GetPhone()),
			HasDevice: m.GetHasDevice(), Households: count[r.ID],
		}
		for _, p := range m.GetProxies() {
			line.Proxies = append(line.Proxies, v.memberName(book.ID(idFrom(p))))
			line.ProxyIDs = append(line.ProxyIDs, idFrom(p))
		}
		out = append(out, line)
	}
	sortByName(out, func(m Member) (string, ID) { return m.Name, m.ID })
	at := map[ID]int{}
	for i, m := range out {
		at[m.ID] = i
	}
	for i := range out {
		for _, p := range out[i].ProxyIDs {
			if j, ok := at[p]; ok {
				out[j].WritesFor = append(out[j].WritesFor, out[i].Name)
			}
		}
	}
	return out
}

// officeTerm gives an office in words; a member whom the secretary has just entered has
// none yet and is a member (book.Actor).
func officeTerm(o pb.Office) Term {
	if o == pb.Office_OFFICE_UNSPECIFIED {
		o = pb.Office_OFFICE_MEMBER
	}
	return term(o)
}

// MemberNamed finds a member of the branch by id, or by a name that means only one;
// accents do not matter. Else ErrMember.
func (n *Notebook) MemberNamed(s string) (ID, error) {
	if id, err := ParseID(s); err == nil {
		return id, nil
	}
	var found []ID
	key := viet.SearchKey(s)
	for _, m := range n.Members() {
		if viet.SearchKey(m.Name) == key {
			return m.ID, nil
		}
		if viet.Matches(viet.SearchKey(m.Name), s) {
			found = append(found, m.ID)
		}
	}
	if len(found) != 1 || key == "" {
		return ID{}, ErrMember
	}
	return found[0], nil
}
