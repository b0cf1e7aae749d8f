package main

// ofTheDesk breaks what becomes of changes that are not simply stored.
func ofTheDesk() []mutant {
	const reg = "syncserver/registry"
	const apply = reg + "/apply.go"
	return []mutant{
		{
			name:    "late-edit-accepted",
			promise: "An edit from a phone that does not know of a handover waits on the desk.",
			edits:   []edit{{apply, "if !fresh || !late {", "if !late {"}},
			tests:   []command{in(reg, "TestHandover", "TestALateStepWaitsOnTheDesk", "TestALateProxyLosesNothing")},
		},
		{
			name:    "late-edit-accepted-after-return",
			promise: "An edit made before a household went away waits on the desk, also when the household is back.",
			edits:   []edit{{apply, "case was != 0 && late && !fresh:", "case was != 0 && late && !fresh && creating:"}},
			tests:   []command{in(reg, "TestHandover", "TestALateEditOfAHouseholdThatCameBack")},
		},
		{
			name:    "late-new-record-refused",
			promise: "A new record written in good faith before the phone knew of a handover is accepted.",
			edits:   []edit{{apply, "refusal.Code == pb.RefusalCode_REFUSAL_CODE_NOT_YOURS && was != 0:", "refusal.Code == pb.RefusalCode_REFUSAL_CODE_NOT_YOURS && was != 0 && !fresh:"}},
			tests:   []command{in(reg, "TestHandover")},
		},
		{
			name:    "handover-known-too-early",
			promise: "A phone knows of a handover when it holds just what it should, not before.",
			edits:   []edit{{reg + "/sync.go", "	if !matches(v, req) {\n", "	if len(v) == 0 {\n"}},
			tests:   []command{in(reg, "TestHandover", "TestALateProxyLosesNothing")},
		},
		{
			name:    "refused-change-not-kept",
			promise: "A refused or suggested change is kept on the desk of its writer's branch.",
			edits:   []edit{{apply, "if err := w.serverRow(kind, o.id, w.householdOf(&o.patch, unit), h, unit, body); err != nil {", "if err := error(nil); err != nil && h.ID == unit {"}},
			tests:   []command{in(reg, "TestRefusedChangesAreOpenUntilMended", "TestHandover")},
		},
		{
			name:    "followers-of-a-refused-record",
			promise: "What belongs to a new record that was refused is refused with it.",
			edits:   []edit{{apply, "if o.patch.GetCreate() && !o.id.IsZero() && w.world.stored(o.id) == nil {", "if o.patch.GetCreate() && o.id.IsZero() && w.world.stored(o.id) == nil {"}},
			tests:   []command{in(reg, "TestFollowsRefused", "TestParkedFollowsTheRefused")},
		},
		{
			name:    "overwritten-row-not-written",
			promise: "Who lost a value to someone who had not seen it is told, and can put it back.",
			edits:   []edit{{apply, "if !l.Incoming && (l.Version.Device", "if l.Field > 0 || !l.Incoming && (l.Version.Device"}},
			tests:   []command{in(reg, "TestConflictKeepsBothAndTellsTheLoser")},
		},
		{
			name:    "lost-values-not-kept",
			promise: "Every value that lost is in the history of its record.",
			edits:   []edit{{apply, "	for _, l := range lost {\n		author, _", "	for _, l := range lost[:0] {\n		author, _"}},
			tests:   []command{in(reg, "TestConflictKeepsBothAndTellsTheLoser", "TestHistoryPagesSkipNothing")},
		},
		{
			name:    "parked-change-never-retried",
			promise: "A change about something unknown is tried again when that arrives.",
			edits:   []edit{{apply, "	if before == nil {\n		if err := w.arrived(kept.record)", "	if before == nil && before != nil {\n		if err := w.arrived(kept.record)"}},
			tests:   []command{in(reg, "TestParkedIsTriedAgain")},
		},
		{
			name:    "fate-of-a-parked-change-forgotten",
			promise: "The phone learns what became of a change that waited.",
			edits:   []edit{{apply, "if err := w.tx.AddLateAck(p.Device, store.LogEntry{Number: p.Number, Hash: nil, Ack: b}); err != nil {", "if err := error(nil); b == nil {"}},
			tests:   []command{in(reg, "TestParkedIsTriedAgain")},
		},
		{
			name:    "one-bad-change-refuses-the-rest",
			promise: "A refused change never blocks the others of its call.",
			edits:   []edit{{reg + "/sync.go", "		d.LastOp, newest = n, o\n	}\n	if newest", "		d.LastOp, newest = n, o\n		if a.GetResult() == pb.Result_RESULT_REFUSED {\n			break\n		}\n	}\n	if newest"}},
			tests:   []command{in(reg, "TestFollowsRefused", "TestRefusedChangesAreOpenUntilMended"), in("test/hostile", "TestBadChangesBlockNothing")},
		},
	}
}
