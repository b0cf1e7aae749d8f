package main

// ofTheEngine breaks when the phone calls and what it makes of an answer.
func ofTheEngine() []mutant {
	const engine = "app/syncing/engine.go"
	return []mutant{
		{
			name:    "unknown-token-taken-as-revoked",
			promise: "A phone that the server does not know keeps everything.",
			edits: []edit{{engine, `	p := ProblemOf(callErr)
	switch p.GetCode() {`, `	p := ProblemOf(callErr)
	if p.GetCode() == pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN {
		return e.revoked(p)
	}
	switch p.GetCode() {`}},
			tests: []command{in("app/syncing", "TestProblems")},
		},
		{
			name:    "leaving-household-not-in-held",
			promise: "While unsent work of a household that was handed over is here, the server does not take this phone for one that knows of the handover.",
			edits:   []edit{{engine, "slices.Concat(st.Grants, st.Leaving)", "st.Grants"}},
			tests:   []command{in("app/syncing", "TestALeavingHouseholdIsStillHeld")},
		},
		{
			name:    "wiped-before-handing-over",
			promise: "A revoked phone is wiped after the server has its unsent work, not before.",
			edits: []edit{{"app/syncing/run.go", "	if n > 0 {\n", `	if err := b.Wipe(ctx); err != nil {
		return out, err
	}
	if n > 0 {
`}},
			tests: []command{in("app/syncing", "TestRunHandsOverAndWipes")},
		},
		{
			name:    "parked-change-not-asked-for",
			promise: "The phone asks what became of a change that waits on the server.",
			edits:   []edit{{engine, "req.Parked = append(req.Parked, o.Number)", "req.Parked = req.GetParked()"}},
			tests:   []command{in("app/syncing", "TestLostRepliesLoseNothing")},
		},
	}
}
