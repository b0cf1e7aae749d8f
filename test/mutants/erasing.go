package main

// ofErasing breaks the promise that what was erased does not come back.
func ofErasing() []mutant {
	const reg = "syncserver/registry"
	const erase = reg + "/erase.go"
	const about = reg + "/about.go"
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
			edits:   []edit{{erase, "	gone, err := w.aboutErased(&o.patch)\n	if gone || err != nil || !w.hasErased {\n", "	gone, err := w.aboutErased(&o.patch)\n	if gone {\n		return false, nil\n	}\n	if err != nil || !w.hasErased {\n"}},
			tests:   []command{server},
		},
		{
			name:    "what-hangs-on-the-erased-is-kept",
			promise: "What waits about a record that another waiting change would make is erased with it.",
			edits:   []edit{{about, "				queue = append(queue, x.own)\n", ""}},
			tests:   []command{in(reg, "TestWaitingRowsAboutTheErasedAreNotKept", "TestErasureReachesEveryTable")},
		},
		{
			name:    "anyones-word-erases-anothers-work",
			promise: "What a phone says of the changes of another member takes nothing of theirs for erased.",
			edits:   []edit{{reg + "/offer.go", "known && whose == d.Member && w.world", "known && !whose.IsZero() && w.world"}},
			tests:   []command{in(reg, "TestNobodysWordErasesTheWorkOfOthers")},
		},
		{
			name:    "anyones-word-says-whose-a-desk-row-is",
			promise: "Whose household a change on a desk is about, no phone says but its writer's and those of the desk.",
			edits:   []edit{{reg + "/offer.go", "	if !book.IsDesk(a.Office) {\n", "	if a.Branch.IsZero() {\n"}},
			tests:   []command{in(reg, "TestNobodysWordErasesTheWorkOfOthers")},
		},
		{
			name:    "put-back-phone-hears-of-no-erasure",
			promise: "What was erased goes from a phone that was put back to before its first sync.",
			edits:   []edit{{reg + "/page.go", "if (had || p.wrote) && at[id] > before {", "if had && at[id] > before {"}},
			tests:   []command{in(reg, "TestAPhoneWithoutCursorsHearsOfErasures")},
		},
		{
			name:    "copy-hears-of-no-erasure",
			promise: "What was erased goes from a copied phone too, before anybody has confirmed it.",
			edits:   []edit{{reg + "/sync.go", "			return tellErased(from, actor, req, out)\n", "			return nil\n"}, {reg + "/sync.go", "func tellErased(from", "func _(from"}},
			tests:   []command{in(reg, "TestACopyWritesNothingAboutTheErased")},
		},
		{
			name:    "copy-writes-about-the-erased",
			promise: "What is about a new record of an erased household is erased with it, also where it comes from a copied phone.",
			edits:   []edit{{erase, "for _, id := range []book.ID{o.id, subject} {", "for _, id := range []book.ID{o.id, o.id} {\n		_ = subject"}},
			tests:   []command{in(reg, "TestACopyWritesNothingAboutTheErased")},
		},
		{
			name:    "whose-it-is-ignored",
			promise: "A change that a restored server cannot place says whose it is, and is erased with its household.",
			edits:   []edit{{about, ", p.GetHeldBy()} {", "} {"}},
			tests:   []command{in(reg, "TestWhoseAChangeIsAfterARestore")},
		},
		{
			name:    "whose-it-is-not-said",
			promise: "A phone says of what it sends to a restored server which household holds it.",
			edits:   []edit{{"app/store/restore.go", "	p.HeldBy = o.Holder.ID.Bytes()\n", ""}},
			tests:   []command{in("app/store", "TestWhatGoesAgainSaysWhoseItIs")},
		},
		{
			name:    "erasure-takes-what-stands",
			promise: "Nobody's record is erased because a change of somebody else names an erased household.",
			edits:   []edit{{about, "!stands && !x.own.IsZero()", "(!stands || stands) && !x.own.IsZero()"}},
			tests:   []command{in(reg, "TestErasureTakesNothingThatStands")},
		},
		{
			name:    "erased-record-offered-again",
			promise: "An erased household does not come back as an offer after a restore.",
			edits:   []edit{{reg + "/offer.go", "if gone, err := w.tx.Erased(id); gone || err != nil {", "if gone, err := w.tx.Erased(id); gone && err != nil {"}},
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
