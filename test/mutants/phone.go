package main

// ofThePhone breaks how the phone's book takes replies and keeps changes.
func ofThePhone() []mutant {
	const delta, outbox, writing = "app/store/delta.go", "app/store/outbox.go", "app/store/writer.go"
	return []mutant{
		{
			name:    "phone-cursor-before-rows",
			promise: "A reply is one transaction: the cursor never passes rows that are not stored.",
			edits: []edit{{delta, `	err = s.write(ctx, func(w *writer) error {
		out = Applied{}
		w.apply(d, &out)`, `	if err := s.write(ctx, func(w *writer) error { w.cursors(d.Cursors); return nil }); err != nil {
		return Applied{}, err
	}
	err = s.write(ctx, func(w *writer) error {
		out = Applied{}
		w.apply(d, &out)`}},
			tests: []command{in("app/store", "TestACrashAtEveryStatement", "TestAFailureAtEveryStatement")},
		},
		{
			name:    "old-mark-wins",
			promise: "What was written of a change after a mark counts more than the mark.",
			edits:   []edit{{"app/store/mark.go", "since[o.Key] < mark {", "since[o.Key] < mark+1<<40 {"}},
			tests:   []command{in("app/store", "TestMemoryIsWhatTheFileSays", "TestACrashAtEveryStatement", "TestManyChangesTakeOneMark")},
		},
		{
			name:    "mark-drops-others",
			promise: "The mark that takes the place of all says what they said.",
			edits:   []edit{{"app/store/mark.go", "if carried[o.Key] || whole && !w.putOps[o.Key] {", "if carried[o.Key] {"}},
			tests:   []command{in("app/store", "TestMarksDoNotPileUp", "TestMemoryIsWhatTheFileSays")},
		},
		{
			name:    "mark-hides-a-refusal",
			promise: "Why a change was refused is in the file, however many were answered with it.",
			edits:   []edit{{"app/store/mark.go", " && a.Refusal == b.Refusal && a.Mended == b.Mended && ", " && a.Mended == b.Mended && "}},
			tests:   []command{in("app/store", "TestManyRefusalsStay", "TestMemoryIsWhatTheFileSays")},
		},
		{
			name:    "memory-before-disk",
			promise: "What a screen shows as saved is on the disk.",
			edits: []edit{{writing, `	if err := w.commit(context.WithoutCancel(ctx)); err != nil {`, `	s.now.Store(next)
	if err := w.commit(context.WithoutCancel(ctx)); err != nil {`}},
			tests: []command{in("app/store", "TestFullDisk", "TestAFailureAtEveryStatement", "TestACrashAtEveryStatement")},
		},
		{
			name:    "household-leaves-with-unsent-work",
			promise: "A household that was handed over stays until the last change about it was sent.",
			edits:   []edit{{delta, "if busy[g.Holder] {", "if busy[g.Holder] && g.Number == 0 {"}},
			tests:   []command{in("app/store", "TestAHouseholdLeavesWhenNothingIsUnsent")},
		},
		{
			name:    "household-leaves-with-offers",
			promise: "A household stays until what a restored server may lack of it was offered.",
			edits:   []edit{{delta, " || o.State == Offering {\n			busy", " {\n			busy"}},
			tests:   []command{in("app/store", "TestAHouseholdWithOffersStays")},
		},
		{
			name:    "draft-lost-at-handover",
			promise: "A draft about a household that was handed over goes to the desk instead of vanishing.",
			edits:   []edit{{delta, "if id, err := wr.ready(); err == nil && !empty(d.Patch) {", "if id, err := wr.ready(); err == nil && id.IsZero() {"}},
			tests:   []command{in("app/store", "TestAHouseholdLeavesWhenNothingIsUnsent", "TestDraftsAndTheOutboxMoveTogether")},
		},
		{
			name:    "rows-kept-under-a-new-grant",
			promise: "Rows of a household that went away and came back are not trusted: others wrote meanwhile.",
			edits:   []edit{{delta, "return ok && n != want[h]", "return ok && n != want[h] && h.ID.IsZero()"}},
			tests:   []command{in("app/store", "TestAHouseholdThatComesBackIsFilledAgain")},
		},
		{
			name:    "held-after-first-page",
			promise: "A household counts as held when all of it was fetched, never after its first page.",
			edits:   []edit{{delta, "if f.GetDone() {", "if f.GetDone() || f.GetBelow() > 0 {"}},
			tests:   []command{in("app/store", "TestTheFirstReply"), in("app/syncing", "TestLostRepliesLoseNothing")},
		},
		{
			name:    "digest-adopted",
			promise: "The phone computes digests from its own rows and never takes over the server's.",
			edits: []edit{
				{delta, "s.hash != g.GetDigest() || s.rows != g.GetRows()", "s.hash != s.hash || s.rows != s.rows"},
				{delta, "lww.SumDigests(own) != *d.Sum", "*d.Sum != *d.Sum"},
			},
			tests: []command{in("app/store", "TestDigestsThatDiffer")},
		},
		{
			name:    "sum-adopted",
			promise: "The phone compares the one sum at the end of a sync with its own rows.",
			edits:   []edit{{delta, "lww.SumDigests(own) != *d.Sum", "*d.Sum != *d.Sum"}},
			tests:   []command{in("app/store", "TestDigestsThatDiffer")},
		},
		{
			name:    "ack-beyond-a-gap",
			promise: "An ack answers for its own change alone, not for those before it that had none.",
			edits: []edit{{delta, `		case a.GetNumber() == st.Confirmed+1 && a.GetNumber() <= st.LastNumber:
			st.Confirmed++`, `		case a.GetNumber() > st.Confirmed && a.GetNumber() <= st.LastNumber:
			st.Confirmed = a.GetNumber()`}},
			tests: []command{in("app/store", "TestAcks")},
		},
		{
			name:    "later-taken-as-an-answer",
			promise: "A change that the server puts off stays in the outbox.",
			edits:   []edit{{delta, "if a.GetResult() == pb.Result_RESULT_LATER || a.GetResult() == pb.Result_RESULT_UNSPECIFIED {", "if a.GetResult() == pb.Result_RESULT_UNSPECIFIED {"}},
			tests:   []command{in("app/store", "TestAcks")},
		},
		{
			name:    "settled-before-its-row-came",
			promise: "A stored change stays on the screen until its row has come.",
			edits:   []edit{{delta, "o.State == Stored && w.state.Cursor(o.Unit) >= o.Seq && ", "o.State == Stored && "}},
			tests:   []command{in("app/store", "TestAStoredChangeGivesWayToItsRow")},
		},
		{
			name:    "old-row-replaces-a-new-one",
			promise: "A reply that arrives late never takes a record back to an older state.",
			edits:   []edit{{delta, "r.rec.Seq > rec.Seq || r.rec.Seq == rec.Seq", "r.rec.Seq == rec.Seq"}},
			tests:   []command{in("app/store", "TestAStoredChangeGivesWayToItsRow")},
		},
		{
			name:    "joined-after-sending",
			promise: "The bytes of a change are frozen when it is first sent.",
			edits:   []edit{{outbox, "last.State == Waiting && last.Session", "(last.State == Waiting || last.State == Sending) && last.Session"}},
			tests:   []command{in("app/store", "TestEditsJoinOnlyBeforeTheFirstSending")},
		},
		{
			name:    "joined-change-has-seen-more",
			promise: "A joined change claims to have seen only what its first half had seen.",
			edits:   []edit{{outbox, "p.Seen = proto.Uint64(first.GetSeen())", "p.Seen = proto.Uint64(then.GetSeen())"}},
			tests:   []command{in("app/store", "TestAJoinedChangeHasSeenWhatItsFirstHalfHadSeen")},
		},
		{
			name:    "drafts-not-handed-over",
			promise: "What a revoked phone hands over has its drafts too.",
			edits:   []edit{{outbox, "		if empty(d.Patch) {\n			continue", "		if len(d.Form) >= 0 {\n			continue"}},
			tests:   []command{in("app/store", "TestWorkOfARevokedPhone")},
		},
		{
			name:    "listing-ignored",
			promise: "A book that differs from the server's is set right by the server's listing.",
			edits:   []edit{{delta, "	w.heal(d, out)\n", ""}},
			tests:   []command{in("app/store", "TestAListingSetsAHolderRight")},
		},
		{
			name:    "missing-rows-not-fetched-again",
			promise: "A row that a listing has and the phone lacks is fetched.",
			edits:   []edit{{"app/store/heal.go", "	if len(lacks) == 0 {", "	if len(lacks) >= 0 {"}},
			tests:   []command{in("app/store", "TestAListingSetsAHolderRight")},
		},
	}
}
