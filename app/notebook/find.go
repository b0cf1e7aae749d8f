package notebook

import (
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// ErrWhich: a name that means nothing here, or more than one thing.
var ErrWhich = &Error{"no such name, or several", words.Which}

// HouseholdNamed finds a household by id, or by what Search finds if it is only one.
func (n *Notebook) HouseholdNamed(s string) (ID, error) {
	if id, err := ParseID(s); err == nil {
		return id, nil
	}
	found := n.Households(Query{Search: s, Branch: true})
	if len(found) != 1 || viet.SearchKey(s) == "" {
		return ID{}, ErrWhich
	}
	return found[0].ID, nil
}

// PetitionNumbered finds a petition by id, or by the number on the household's slip as
// people type it.
func (n *Notebook) PetitionNumbered(s string) (ID, error) {
	if id, err := ParseID(s); err == nil {
		return id, nil
	}
	number, err := book.CheckPetitionNumber(s)
	if err != nil {
		return ID{}, ErrWhich
	}
	v := n.view()
	for r := range v.Kind(pb.Kind_KIND_PETITION) {
		if p := decode[pb.Petition](r.State); p.GetNumber() == number && !p.GetDeleted() {
			return ID(r.ID), nil
		}
	}
	return ID{}, ErrNotYours
}

// Category is one entry of a list that the commune edits.
type Category struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
}

// Topics are what one talks about at a visit, Matters what petitions are about, both in the
// commune's order.
func (n *Notebook) Topics() []Category { return n.categories(pb.CategoryUse_CATEGORY_USE_TOPIC) }

// Matters: see Topics.
func (n *Notebook) Matters() []Category { return n.categories(pb.CategoryUse_CATEGORY_USE_MATTER) }

func (n *Notebook) categories(use pb.CategoryUse) []Category {
	v := n.view()
	out := []Category{}
	place := map[ID]int32{}
	for r := range v.Kind(pb.Kind_KIND_CATEGORY) {
		if c := decode[pb.Category](r.State); c.GetUse() == use && !c.GetDeleted() {
			out = append(out, Category{ID: ID(r.ID), Name: c.GetName()})
			place[ID(r.ID)] = c.GetPosition()
		}
	}
	sortByName(out, func(c Category) (string, ID) { return c.Name, c.ID })
	byPlace(out, func(c Category) int32 { return place[c.ID] })
	return out
}

// Named finds a category of a list by id, or by the beginnings of its words if that means
// only one.
func Named(list []Category, s string) (ID, error) {
	var found []ID
	for _, c := range list {
		switch {
		case c.ID.String() == s || viet.SameText(c.Name, s):
			return c.ID, nil
		case viet.Matches(viet.SearchKey(c.Name), s):
			found = append(found, c.ID)
		}
	}
	if len(found) != 1 || viet.SearchKey(s) == "" {
		return ID{}, ErrWhich
	}
	return found[0], nil
}

// Entry is one record of any kind with all that stands in it.
type Entry struct {
	SheetEntry
	Kind      Term    `json:"kind"`
	Household ID      `json:"household"`
	Of        string  `json:"of,omitempty"`
	Receipt   Receipt `json:"receipt"`
}

// Entry gives any record that is here; ErrNotYours else.
func (n *Notebook) Entry(id ID) (Entry, error) {
	v := n.view()
	r, ok := v.Record(book.ID(id))
	if !ok {
		return Entry{}, ErrNotYours
	}
	e := Entry{SheetEntry: v.sheetEntry(r.Record), Kind: kindTerm(r.Kind), Receipt: v.receipt(r)}
	if r.Holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
		e.Household, e.Of = ID(r.Holder.ID), v.nameOf(r.Holder.ID.Bytes())
	}
	return e, nil
}
