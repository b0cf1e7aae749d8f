package main

// ofErasing breaks the promise that what was erased does not come back.
func ofErasing() []mutant {
	const reg = "syncserver/registry"
	const erase = reg + "/erase.go"
	server := in(reg, "TestErasureReachesEveryTable", "TestErasureHoldsAfterARestore", "TestADatabaseThatErasedOpensOnlyWithItsList")
	return []mutant{
		{
			name:    "key-not-destroyed",
			promise: "With a household its key is destroyed, so that no copy of the database can be read.",
			edits:   []edit{{erase, "return records, asProblem(r.store.DestroyKeys(ctx, []book.ID{household}))", "return records, nil"}},
			tests:   []command{server},
		},
		{
			name:    "erased-ids-missing-at-restore",
			promise: "A restored database is brought to the list of what was erased since its backup.",
			edits:   []edit{{erase, "	if len(todo) > 0 {\n", "	if len(todo) > 1<<30 {\n"}},
			tests:   []command{server},
		},
		{
			name:    "erased-twice-unheard",
			promise: "Whoever was away hears of an erasure, however often it was done.",
			edits:   []edit{{"syncserver/store/sqlite/write.go", "SET unit = excluded.unit, seq = excluded.seq", "SET seq = excluded.seq"}},
			tests:   []command{in(reg, "TestErasedTwiceIsHeardOfOnce")},
		},
		{
			name:    "erased-list-after-the-database",
			promise: "What was erased stands in the list beside the database before the database says so.",
			edits:   []edit{{erase, "if err := r.keepGone(Gone{Households: map[book.ID][]book.ID{household: ids}}); err != nil {", "if err != nil {"}},
			tests:   []command{server},
		},
		{
			name:    "erased-record-comes-back",
			promise: "Nothing about an erased household is taken in again, from whatever phone.",
			edits:   []edit{{erase, "		if gone, err := w.gone(id); gone || err != nil {\n			return gone, err\n", "		if gone, err := w.gone(id); gone || err != nil {\n			return gone && len(b) == 0, err\n"}},
			tests:   []command{server},
		},
		{
			name:    "turned-away-known-of-one-phone",
			promise: "What came too late for an erased household is known of all phones, not of its sender alone.",
			edits:   []edit{{erase, "return w.tx.TurnedAway(id)", "return false, nil"}},
			tests:   []command{in(reg, "TestWhatHangsOnATurnedAwayRecordGoes", "TestATurnedAwayRecordIsKnownOfAllPhones")},
		},
		{
			name:    "turned-away-foreseen",
			promise: "What a call turned away is known to the rest of the same call.",
			edits:   []edit{{erase, "	delete(w.unerased, id)\n", ""}},
			tests:   []command{in(reg, "TestWhatHangsOnATurnedAwayRecordGoes")},
		},
		{
			name:    "turned-away-stays-on-the-desk",
			promise: "What lies on a desk about a record that was turned away goes with it.",
			edits:   []edit{{erase, "	if len(w.turned) == 0 {\n", "	if len(w.turned) >= 0 {\n"}},
			tests:   []command{in(reg, "TestWhatHangsOnATurnedAwayRecordGoes")},
		},
		{
			name:    "standing-record-turned-away",
			promise: "Nobody turns a record away that stands.",
			edits: []edit{
				{erase, "if id.IsZero() || w.world.stored(id) != nil {", "if id.IsZero() {"},
				{erase, "	if w.world.stored(id) != nil {\n		return false, nil\n	}\n	return w.tx.TurnedAway(id)", "	return w.tx.TurnedAway(id)"},
			},
			tests: []command{in(reg, "TestWhatStandsIsNotTurnedAway")},
		},
		{
			name:    "erased-record-offered-again",
			promise: "An erased household does not come back as an offer after a restore.",
			edits:   []edit{{reg + "/offer.go", "} else if gone {\n			return w.turnAway", "} else if gone && err != nil {\n			return w.turnAway"}},
			tests:   []command{in(reg, "TestNothingErasedIsOfferedBack")},
		},
		{
			name:    "erasure-not-heard",
			promise: "A phone removes what the server says is erased, and the key with it.",
			edits:   []edit{{"app/store/delta.go", "	w.erased(d.Erased)\n", ""}},
			tests:   []command{in("app/store", "TestAnErasedHouseholdLeavesNothing", "TestErasureTakesEveryBody", "TestAnErasedRecordTakesWhatIsAboutIt")},
		},
		{
			name:    "deleted-data-stays-in-the-file",
			promise: "What is deleted is gone from the server's file.",
			edits:   []edit{{"syncserver/store/sqlite/open.go", "secure_delete(1)", "secure_delete(0)"}},
			tests:   []command{in(reg, "TestErasedBytesAreNotInTheFiles")},
		},
	}
}
