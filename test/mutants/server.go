package main

// ofTheServer breaks how the server takes changes in and gives rows out.
func ofTheServer() []mutant {
	const (
		reg   = "syncserver/registry"
		sync  = reg + "/sync.go"
		page  = reg + "/page.go"
		group = "syncserver/store/sqlite/group.go"
	)
	return []mutant{
		{
			name:    "server-cursor-beyond-unsent-row",
			promise: "The cursor of a page that is cut never passes a row that did not fit.",
			edits:   []edit{{page, "				if !ok {\n					return from, nil", "				if !ok {\n					return until, nil"}},
			tests:   []command{in(reg, "TestACutPageSkipsNothing"), simulated(120)},
		},
		{
			name:    "filling-ends-after-its-first-page",
			promise: "The server says that a household was fetched when the last of its rows was sent.",
			edits:   []edit{{page, "			if !done {\n", "			if !done && len(p.out.GetRows()) == 0 {\n"}},
			tests:   []command{in(reg, "TestARowGreaterThanThePage")},
		},
		{
			name:    "stamp-given-anew-on-retry",
			promise: "A stamp is given once: a retry gets the ack that was lost.",
			edits: []edit{{sync, `			acks = append(acks, a)
			continue`, `			if a.Stamp != nil {
				a.Stamp = proto.Uint64(uint64(w.now))
			}
			acks = append(acks, a)
			continue`}},
			tests: []command{in(reg, "TestRetryGetsTheOldAck")},
		},
		{
			name:    "results-forgotten-before-confirmed",
			promise: "The server remembers the answer to each change until the phone has confirmed it.",
			edits:   []edit{{sync, "tx.ForgetLog(number, d.Confirmed)", "tx.ForgetLog(number, d.LastOp)"}},
			tests:   []command{in(reg, "TestAnswersAreKeptUntilConfirmed")},
		},
		{
			name:    "copies-in-a-ring",
			promise: "A phone that is put back again and again comes to a number of its own each time.",
			edits:   []edit{{sync, "c.CloneOf == first && c.Number > d.Number", "c.CloneOf == first && c.Number != d.Number"}},
			tests:   []command{in(reg, "TestAPhonePutBackAgainAndAgain")},
		},
		{
			name:    "clone-undetected",
			promise: "Two phones with one book are noticed: the same number with other bytes is no retry.",
			edits:   []edit{{sync, "if !ok || !sameChange(e.Hash, o) {", "if !ok {"}},
			tests:   []command{in(reg, "TestSameNumberOtherBytesIsAClone")},
		},
		{
			name:    "copy-gets-rows",
			promise: "A copied phone gets no rows until the secretary has confirmed it.",
			edits: []edit{
				{sync, "if fresh.Unconfirmed {", "if fresh.Unconfirmed && fresh.Revoked {"},
				{reg + "/view.go", "if a.Unconfirmed || a.Member.IsZero() {", "if a.Member.IsZero() {"},
			},
			tests: []command{in(reg, "TestSameNumberOtherBytesIsAClone")},
		},
		{
			name:    "rows-written-after-a-failure",
			promise: "Once a row could not be written, nothing more of that transaction is.",
			edits:   []edit{{"syncserver/store/sqlite/behind.go", "		case failed == nil:\n", "		default:\n"}},
			tests:   []command{in("syncserver/store/sqlite", "TestAFileThatCannotGrowKeepsNothing")},
		},
		{
			name:    "failure-of-a-row-unheard",
			promise: "A call whose row could not be written fails, and no other does.",
			edits:   []edit{{"syncserver/store/sqlite/behind.go", "	if err := <-b.done; b.err == nil {\n", "	if err := <-b.done; b.err == nil && len(b.rows) > 0 {\n"}},
			tests:   []command{in("syncserver/store/sqlite", "TestWhoseRowsFail")},
		},
		{
			name:    "failure-of-a-row-remembered",
			promise: "A failure is past with its transaction.",
			edits:   []edit{{"syncserver/store/sqlite/group.go", "		w.behind.forget() // it may be sealing with keys that go next\n", ""}},
			tests:   []command{in("syncserver/store/sqlite", "TestWhoseRowsFail", "TestAFullDiskInTheMiddleKeepsNothing")},
		},
		{
			name:    "question-before-the-rows",
			promise: "Who asks in the middle of a call finds what it has put.",
			edits:   []edit{{"syncserver/store/sqlite/open.go", "fn func(scan func(...any) error) error) error {\n	if err := s.drain(); err != nil {\n		return err\n	}\n", "fn func(scan func(...any) error) error) error {\n"}},
			tests:   []command{in("syncserver/store/sqlite", "TestRowsAreThereForWhoAsks")},
		},
		{
			name:    "packed-with-others-words",
			promise: "What a call says is packed with the words of the dictionary and no other call's.",
			edits:   []edit{{"shared/wire/pack.go", "p.w.ResetDict(sink{p}, dictionary)", "p.w.Reset(sink{p})"}},
			tests:   []command{in("shared/wire", "TestAPackerForgets", "TestManyAtOnce")},
		},
		{
			name:    "gap-accepted",
			promise: "A gap in the numbers of changes is an error that consumes nothing.",
			edits:   []edit{{sync, "	if first > d.LastOp+1 {\n", "	if first > d.LastOp+maxOps {\n"}},
			tests:   []command{in(reg, "TestGapIsTyped")},
		},
		{
			name:    "daily-limit-eats-the-change",
			promise: "A change above the limit of a day is put off, not consumed.",
			edits: []edit{{sync, `Result: pb.Result_RESULT_LATER.Enum()})
			break`, `Result: pb.Result_RESULT_LATER.Enum()})
			d.LastOp = n
			break`}},
			tests: []command{in(reg, "TestADayHasRoomForSoMany")},
		},
		{
			name:    "ack-before-commit",
			promise: "Nobody hears of success before the change is on the disk.",
			edits: []edit{{group, "	if err := s.keys.flush(); err != nil {\n", `	for i, j := range batch {
		if results[i] == nil {
			j.done <- nil
		}
	}
	if err := s.keys.flush(); err != nil {
`}},
			tests: []command{in(reg, "TestNoAckWithoutACommit"), simulated(120)},
		},
		{
			name:    "key-after-the-body",
			promise: "A key is on the disk before the first body that it seals.",
			edits: []edit{
				{group, "	if err := s.keys.flush(); err != nil {\n		return nil, err\n	}\n", ""},
				{group, "	return results, nil\n", "	return results, s.keys.flush()\n"},
			},
			tests: []command{in(reg, "TestAKeyIsOnDiskBeforeItsBodies"), simulated(120)},
		},
		{
			name:    "bad-call-takes-the-batch-down",
			promise: "Calls that share a transaction do not share their failures.",
			edits:   []edit{{group, "if err != nil && len(batch) > 1 {", "if err != nil && len(batch) > 1<<20 {"}},
			tests:   []command{in("syncserver/store/sqlite", "TestABatchKeepsWhatIsSound")},
		},
		{
			name:    "failed-call-leaves-its-rows",
			promise: "Of a call that fails nothing is kept.",
			edits:   []edit{{group, "		if results[i] != nil {\n", "		if results[i] != nil && i < 0 {\n"}},
			tests:   []command{in("syncserver/store/sqlite", "TestABatchKeepsWhatIsSound")},
		},
		{
			name:    "seq-read-outside-of-the-transaction",
			promise: "The seq of a row is taken inside the transaction that writes it, so that commit order is cursor order.",
			edits: []edit{{reg + "/writing.go", "	u, ok, err := w.tx.Unit(id)\n", `	var u store.Unit
	var ok bool
	err := w.r.store.Read(context.Background(), func(from store.Reader) (err error) {
		u, ok, err = from.Unit(id)
		return err
	})
`}, {reg + "/writing.go", "import (\n", "import (\n	\"context\"\n"}},
			tests: []command{in(reg, "TestManyPhonesAtOnce"), simulated(60)},
		},
		{
			name:    "transaction-begins-with-a-read",
			promise: "The writer takes its lock before it reads, so that another process cannot write in between.",
			edits: []edit{
				{group, "`BEGIN IMMEDIATE`", "`BEGIN DEFERRED`"},
			},
			tests: []command{in(reg, "TestTwoProcessesOnOneDirectory", "TestTheWriterLocksBeforeItReads")},
		},
		{
			name:    "disk-not-synced",
			promise: "A commit of the server is synced to the disk.",
			edits:   []edit{{"syncserver/store/sqlite/open.go", "synchronous(FULL)", "synchronous(NORMAL)"}},
			tests:   []command{in("test/fsync", "TestAcksLeaveAfterTheDisk")},
		},
		{
			name:    "rows-outside-the-rights",
			promise: "A row leaves the server only to those who may see it, whatever the view offers.",
			edits:   []edit{{page, "	if !may {\n", "	if !may && r == nil {\n"}},
			tests:   []command{in(reg, "TestRightsHoldBehindTheView")},
		},
		{
			name:    "view-without-rights",
			promise: "A member's view has their own households and not the whole branch.",
			edits:   []edit{{reg + "/view.go", "case book.IsDesk(a.Office):", "case book.IsDesk(a.Office) || !a.Branch.IsZero():"}},
			tests:   []command{in(reg, "TestFirstSyncGivesJustTheView")},
		},
		{
			name:    "history-without-rights",
			promise: "The earlier values of a record are for those who may see the record.",
			edits:   []edit{{sync, "if s == nil || !book.MaySee(actor, s.record.Holder, s.record.Unit, w) {", "if s == nil || actor.Member.IsZero() {"}},
			tests:   []command{in(reg, "TestHistoryIsForThoseWhoSeeTheRecord")},
		},
		{
			name:    "built-on-what-the-phone-lacks",
			promise: "A row is left out of a reply only where the phone has all that the row was made of.",
			edits:   []edit{{reg + "/apply.go", "return ok && before.record.Seq <= at || w.built", "return ok && at >= 0 || w.built"}},
			tests:   []command{in(reg, "TestNothingIsBuiltOnWhatIsStillFetched", "TestARowIsLeftOutOnlyWhereThePhoneCanMakeIt")},
		},
		{
			name:    "other-epoch-accepted",
			promise: "A request of another life of the database is answered with the epoch and nothing else.",
			edits:   []edit{{reg + "/epoch.go", "return len(req.GetEpoch()) == 0 || lww.IsEpoch(r.epoch, req.GetEpoch())", "return lww.IsEpoch(r.epoch, r.epoch)"}},
			tests:   []command{in(reg, "TestARestoredServerGetsBackWhatPhonesHave")},
		},
	}
}
