package notebook

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// obey throws away what is half written of a household that no longer agrees to it: a
// withdrawal is obeyed on every device, in drafts too (docs/domain.md, "The line", 3). It
// runs when an answer becomes known, here or by a sync. A form that is open asks SaveDraft
// at its next letter and keeps what needs no consent.
func (n *Notebook) obey(ctx context.Context) error {
	n.write.Lock()
	defer n.write.Unlock()
	v := n.view()
	for _, d := range v.Snapshot.Drafts() {
		if d.Holder.Kind != pb.HolderKind_HOLDER_KIND_HOUSEHOLD || !needsConsent(d) {
			continue
		}
		switch v.consents(d.Holder.ID)[pb.Purpose_PURPOSE_KEEP] {
		case book.Withdrawn, book.Declined:
			if err := n.store.DropDraft(ctx, d.ID); err != nil {
				return fmt.Errorf("drop draft: %w", err)
			}
		}
	}
	return nil
}

// needsConsent tells of a draft what needsKeep tells of a form.
func needsConsent(d store.Draft) bool {
	switch d.Kind {
	case pb.Kind_KIND_PETITION, pb.Kind_KIND_CONTRIBUTION:
		return true
	case pb.Kind_KIND_VISIT:
		var visit pb.Visit
		return proto.Unmarshal(d.Patch.GetSet(), &visit) != nil || visit.GetNote() != "" || len(visit.GetTopics()) > 0
	}
	return false
}
