package main

// ofRestoring breaks what follows when a server comes back from a backup.
func ofRestoring() []mutant {
	const (
		reg     = "syncserver/registry"
		restore = "app/store/restore.go"
	)
	phone := in("app/store", "TestANewEpochLosesNothing", "TestRowsThatARestoredServerLacksAreOffered", "TestGrantsOfALostFutureAreFetchedAgain",
		"TestAnOlderBackupThanTheNewest", "TestWhatTheBackupHasIsNotSentAgain", "TestARestoreAfterACopyWasFound", "TestRejoiningKeepsTheBook")
	server := in(reg, "TestARestoredServerGetsBackWhatPhonesHave", "TestAChangeSentAgainIsNeverRefused", "TestAPhoneGoesOnAboveAGapOnce",
		"TestEpochsInARow", "TestARestoreLetsNobodyInAgain", "TestReclaimToken")
	return []mutant{
		{
			name:    "cursor-not-taken-back",
			promise: "A phone goes back with a restored server to where their lives part.",
			edits:   []edit{{restore, "cursors[i].Seq = min(c.Seq, at[c.Unit])", "cursors[i].Seq = max(c.Seq, at[c.Unit])"}},
			tests:   []command{phone},
		},
		{
			name:    "resent-below-last-op",
			promise: "Changes that the backup has are not sent again.",
			edits:   []edit{{restore, "again := numbered(st, w.ops, last)", "again := numbered(st, w.ops, 0)"}},
			tests:   []command{phone},
		},
		{
			name:    "acked-change-dropped-before-the-backup",
			promise: "The phone keeps its stored changes until a backup of the server has them.",
			edits: []edit{{"app/store/outbox.go", `|| o.Number <= w.state.Kept {
		w.dropOp(o.Key)
		return
	}
	c := *o`, `|| o.Number <= w.state.Confirmed {
		w.dropOp(o.Key)
		return
	}
	c := *o`}},
			tests: []command{phone},
		},
		{
			name:    "resent-without-its-stamp",
			promise: "A change that is sent again brings the stamp that it had, and does not win over what was written after it.",
			edits:   []edit{{restore, "	p.GivenStamp = proto.Uint64(uint64(o.Stamp))\n", ""}},
			tests:   []command{phone},
		},
		{
			name:    "given-stamp-ignored",
			promise: "A restored server gives a change that comes again the stamp that it had.",
			edits:   []edit{{reg + "/apply.go", "if stamp.Millis() < w.r.bornMS() || stamp > w.now {", "if stamp >= 0 || stamp > w.now {"}},
			tests:   []command{in(reg, "TestAResentChangeKeepsItsStamp")},
		},
		{
			name:    "given-stamp-of-the-future",
			promise: "A phone cannot bring a stamp that no server can have given yet.",
			edits:   []edit{{reg + "/apply.go", "if stamp.Millis() < w.r.bornMS() || stamp > w.now {", "if stamp.Millis() < w.r.bornMS() {"}},
			tests:   []command{in(reg, "TestAGivenStampIsNotOfTheFuture")},
		},
		{
			name:    "resent-change-refused",
			promise: "A change that was stored once is never refused by a restored server: it waits on the desk.",
			edits:   []edit{{reg + "/apply.go", "	if o.resent(w.r) {\n", "	if o.resent(w.r) && o.number == 0 {\n"}},
			tests:   []command{server},
		},
		{
			name:    "lost-grants-kept",
			promise: "Grants of the lost future are void: what they gave is fetched again.",
			edits:   []edit{{restore, "|| went[g.Holder] || g.Number > at[st.unitOf(g.Holder)] {", "|| went[g.Holder] {"}},
			tests:   []command{phone},
		},
		{
			name:    "lost-rows-not-offered",
			promise: "Rows that the restored server may lack are offered to it before the phone drops them.",
			edits:   []edit{{restore, "waiting[offerOf(m)] {\n			continue", "!waiting[offerOf(m)] {\n			continue"}},
			tests:   []command{phone},
		},
		{
			name:    "offers-dropped-before-the-reply",
			promise: "The phone drops an offer when a reply says that the server has it, not when it is sent.",
			edits: []edit{{"app/syncing/engine.go", "	req.Offers = e.offers(b, ops)\n", `	req.Offers = e.offers(b, ops)
	_, _ = e.store.Apply(context.Background(), store.Delta{Device: id.Device, Offered: req.Offers})
`}},
			tests: []command{in("app/syncing", "TestOffersGoPageByPage")},
		},
		{
			name:    "offers-not-put-on-the-desk",
			promise: "What a restored server lacks, and a phone offers, waits on the desk.",
			edits:   []edit{{reg + "/offer.go", "covered || err != nil {\n		return err\n	}\n	waiting, err", "covered || err != nil || len(raw) > 0 {\n		return err\n	}\n	waiting, err"}},
			tests:   []command{server},
		},
		{
			name:    "offer-merged-under-another-stamp",
			promise: "A row that the desk takes over keeps the stamps that it had.",
			edits:   []edit{{reg + "/offer.go", "		if kept, err = w.put(rec, before); err != nil {\n", "		rec.State.Created.Stamp = w.now\n		if kept, err = w.put(rec, before); err != nil {\n"}},
			tests:   []command{server},
		},
		{
			name:    "offers-of-a-copy-dropped",
			promise: "A confirmed copy's offers are taken in, also beside its changes.",
			edits:   []edit{{reg + "/sync.go", "if clone == nil || clone.GetDevice() == number {", "if clone == nil {"}},
			tests:   []command{in(reg, "TestOffersOfACopyTravelWithItsChanges")},
		},
		{
			name:    "healed-after-a-rollback",
			promise: "A phone that is ahead of a server whose files were put back is not healed down to them.",
			edits:   []edit{{reg + "/listing.go", "if d.AheadMS != 0 || r.behind(from, v, req) || !r.mayList(d.Number) {", "if !r.mayList(d.Number) {"}},
			tests:   []command{in(reg, "TestAPhoneAheadOfTheServerIsNotHealed")},
		},
		{
			name:    "a-takeover-forgets-what-it-replaces",
			promise: "What a taken over row replaces is kept in history.",
			edits:   []edit{{reg + "/offer.go", "	if err := w.keepLost(kept.record, lost); err != nil {", "	if err != nil {"}},
			tests:   []command{in(reg, "TestATakeoverKeepsWhatItReplaces")},
		},
		{
			name:    "stamps-of-the-lost-life-push-the-clock",
			promise: "A row with a stamp of the future is taken over with one of now.",
			edits:   []edit{{reg + "/offer.go", "	rec.State = notAfter(rec.State, w.now)\n", "	w.now = max(w.now, rec.State.Max().Stamp)\n"}},
			tests:   []command{in(reg, "TestOfferedStampsDoNotPushTheClock")},
		},
		{
			name:    "jump-allowed-twice",
			promise: "After a restore a device may go on above a gap once, not whenever it likes.",
			edits:   []edit{{reg + "/sync.go", "	d.Jump = false\n", ""}},
			tests:   []command{server},
		},
		{
			name:    "device-numbers-given-again",
			promise: "The numbers of devices that enrolled after the backup are not given to others.",
			edits:   []edit{{reg + "/epoch.go", "SetNextDevice(last + deviceGap + uint32(binary.BigEndian.Uint16(b[:])))", "SetNextDevice(last + uint32(binary.BigEndian.Uint16(b[:]))*0)"}},
			tests:   []command{server, in(reg, "TestDevicesAfterRestores")},
		},
		{
			name:    "open-codes-survive-a-restore",
			promise: "Enrolment codes that were open in the backup are void after a restore.",
			edits:   []edit{{reg + "/epoch.go", "				c.Revoked = true\n", ""}},
			tests:   []command{server},
		},
		{
			name:    "listing-of-what-is-not-seen",
			promise: "A listing names only rows of holders in the phone's view.",
			edits:   []edit{{reg + "/listing.go", "		if !ok {\n			continue\n		}\n		delete", "		if !ok {\n			g = grant{holder: h, unit: h.ID}\n		}\n		delete"}},
			tests:   []command{in(reg, "TestListingsAreForTheViewAndAtMostHourly")},
		},
		{
			name:    "own-words-go-with-the-household",
			promise: "What a member wrote outlives the handover of its household on their phone, until a backup of the server has it.",
			edits:   []edit{{"app/store/delta.go", "			w.settled(o, func(c *Op) { c.Away = true })\n", "			w.blank(o)\n"}},
			tests:   []command{in("app/store", "TestWhatLeftGoesToARestoredServer")},
		},
		{
			name:    "own-words-keep-the-households-key",
			promise: "The key of a household goes with it, whatever of it is kept for a restore.",
			edits:   []edit{{"app/store/codec.go", "if o.State == Erased || o.Away {", "if o.State == Erased {"}},
			tests:   []command{in("app/store", "TestWhatLeftGoesToARestoredServer", "TestAHouseholdLeavesWhenNothingIsUnsent")},
		},
		{
			name:    "what-left-is-shown",
			promise: "What is kept of a household that left is on no screen.",
			edits:   []edit{{"app/store/writer.go", "if o.Mended || o.Gone || o.Away || o.State", "if o.Mended || o.Gone || o.State"}},
			tests:   []command{in("app/store", "TestWhatLeftGoesToARestoredServer")},
		},
		{
			name:    "what-left-is-not-claimed",
			promise: "What goes to a restored server again about a household that left counts as written before the handover was known.",
			edits:   []edit{{restore, "if o.Away && o.Unsent() && !slices", "if o.Away && o.Number == 0 && !slices"}},
			tests:   []command{in("app/store", "TestWhatLeftGoesToARestoredServer")},
		},
		{
			name:    "desk-row-does-not-say-whose-it-is",
			promise: "What lay on a desk does not come back after its household was erased, though a restored server does not know the record.",
			edits:   []edit{{reg + "/apply.go", "	if !household.IsZero() {\n		env", "	if household != (book.ID{}) && h.ID.IsZero() {\n		env"}},
			tests:   []command{in(reg, "TestARefusedChangeOfTheErasedStaysAway")},
		},
		{
			name:    "last-number-is-always-ones-own",
			promise: "A copied phone notices after a restore that its numbers were used by the other one.",
			edits:   []edit{{restore, "copied = !bytes.Equal(lww.ChangeName(o.Record.Bytes(), o.MadeMS), e.GetLastName())", "copied = false"}},
			tests:   []command{in("app/store", "TestACopyCameFirst")},
		},
		{
			name:    "last-change-not-named",
			promise: "A restored server says what the last change is that it has of a phone.",
			edits:   []edit{{reg + "/epoch.go", "proto.Uint64(d.LastOp), d.LastName", "proto.Uint64(d.LastOp), nil"}},
			tests:   []command{in(reg, "TestTheSecondOfTwoPhonesHearsThatItIs")},
		},
		{
			name:    "what-stands-goes-to-the-desk",
			promise: "What a copied phone sends again after a restore and stands as it was troubles nobody.",
			edits:   []edit{{reg + "/apply.go", "if a := w.storedBefore(o); a != nil {", "if a := w.storedBefore(o); a != nil && o == nil {"}},
			tests:   []command{in(reg, "TestTheSecondOfTwoPhonesHearsThatItIs")},
		},
		{
			name:    "restore-in-the-middle-of-a-pull",
			promise: "A phone that was in the middle of fetching when the server was lost misses no row of the restored one.",
			edits:   []edit{{restore, "if st.Partial || went[g.Holder]", "if went[g.Holder]"}},
			tests:   []command{in("app/store", "TestARestoreInTheMiddleOfAPull")},
		},
		{
			name:    "what-was-sent-does-not-say-whose-it-is",
			promise: "A change that the lost server did not answer tells the restored one which household holds it.",
			edits:   []edit{{restore, "o.Was == 0 && !o.Gone && o.Number > last", "o.Was == 0 && !o.Gone && o.Number == 0"}},
			tests:   []command{in("app/store", "TestWhatGoesAgainSaysWhoseItIs")},
		},
		{
			name:    "holder-counts-as-other-bytes",
			promise: "A change that says only now which household holds it is not taken for a copied phone's.",
			edits:   []edit{{"shared/lww/again.go", "sha256.Sum256(Bare(patch))", "sha256.Sum256(patch)"}},
			tests:   []command{in(reg, "TestAChangeIsKnownWithAndWithoutItsHolder")},
		},
		{
			name:    "refused-after-it-left-is-shown",
			promise: "What a restored server refuses of a household that left is on no screen.",
			edits:   []edit{{"app/store/delta.go", "		if o.Away {\n			w.changed", "		if o.Away && key == 0 {\n			w.changed"}},
			tests:   []command{in("app/store", "TestWhatLeftAndIsRefusedStaysUnseen")},
		},
		{
			name:    "revoked-device-of-the-lost-days-unknown",
			promise: "A phone that enrolled and was revoked after the backup can still hand its work over.",
			edits:   []edit{{reg + "/epoch.go", "		w.devices[number] = e.device(number)\n", ""}},
			tests:   []command{in(reg, "TestAPhoneOfTheLostDaysHandsItsWorkOver")},
		},
		{
			name:    "waiting-work-never-laid-out",
			promise: "Work of a member whom a restored database does not know goes to the desk with the member's record.",
			edits:   []edit{{reg + "/apply.go", "if rec.Kind == pb.Kind_KIND_MEMBER {\n		if err := w.layOutWaiting", "if rec.ID.IsZero() {\n		if err := w.layOutWaiting"}},
			tests:   []command{in(reg, "TestWorkWaitsForItsMember")},
		},
		{
			name:    "waiting-offers-survive-erasure",
			promise: "Erasure reaches rows that a revoked phone offered and that lie on no desk yet.",
			edits:   []edit{{reg + "/about.go", "k.work.Offers[i], k.changed = nil, true", "_, _ = i, row"}},
			tests:   []command{in(reg, "TestWorkWaitsForItsMember")},
		},
		{
			name:    "rejoined-phone-forgets-its-work",
			promise: "A phone that joins again sends what it had under the number that was forgotten.",
			edits:   []edit{{"app/store/rejoin.go", "		c := resent(o)\n", "		if o.State != Waiting {\n			continue\n		}\n		c := resent(o)\n"}},
			tests:   []command{phone},
		},
	}
}
