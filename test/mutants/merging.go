package main

// lwwTests are quick enough to run whole for each mutant of the merge.
var lwwTests = in("shared/lww", "TestMerge", "TestMergeIsAFunctionOfTheSet", "TestJoinAgreesWithMerge", "TestEveryReplacedValueIsTold",
	"TestGeneration1MergesGeneration2", "TestGeneration1EditsGeneration2", "TestGenerationsCommute", "TestEncodeRoundTrip",
	"TestHeldDigest", "TestKnownHashes", "TestStateAccessors", "TestDigest")

var giveTests = in("shared/hlc", "TestGive", "TestGiveBounds", "TestGiveRisesPerDevice")

// ofMerging breaks what both sides must compute alike.
func ofMerging() []mutant {
	const merge, give = "shared/lww/lww.go", "shared/hlc/give.go"
	return []mutant{
		{
			name:    "tie-break-reversed",
			promise: "Of two equal versions the greater bytes win, on every server and every phone.",
			edits:   []edit{{merge, "return bytes.Compare(a, b) > 0", "return bytes.Compare(a, b) < 0"}},
			tests:   []command{lwwTests},
		},
		{
			name:    "tie-goes-to-who-came-last",
			promise: "The merged record depends on the set of changes, never on their order.",
			edits:   []edit{{merge, "return bytes.Compare(a, b) > 0", "return true"}},
			tests:   []command{lwwTests},
		},
		{
			name:    "device-does-not-break-ties",
			promise: "Of two equal stamps the greater device number wins.",
			edits:   []edit{{merge, "return cmp.Compare(v.Device, o.Device)", "return 0"}},
			tests:   []command{lwwTests},
		},
		{
			name:    "creation-covers-absent-fields",
			promise: "The stamp of a creation covers only fields that the creation carried, so that a late patch of another field stands.",
			edits: []edit{{merge, `			field, raw, at = y.field, y.raw, y.at
			y.next()
		default:`, `			field, raw, at = y.field, y.raw, y.at
			y.next()
			if at.Compare(x.version) < 0 {
				continue
			}
		default:`}},
			tests: []command{lwwTests},
		},
		{
			name:    "clear-without-entry",
			promise: "A clear keeps its entry, so that an older patch does not bring the value back.",
			edits:   []edit{{merge, "if raw == nil || at != first {", "if raw != nil && at != first {"}},
			tests:   []command{lwwTests},
		},
		{
			name:    "unknown-fields-not-merged",
			promise: "Fields that a program does not know are merged like known ones.",
			edits:   []edit{{merge, "body = append(body, raw...)", "if field < 8 {\n\t\t\tbody = append(body, raw...)\n\t\t}"}},
			tests:   []command{lwwTests},
		},
		{
			name:    "unknown-fields-not-saved",
			promise: "An old app that edits a record of a newer one writes back what it does not know.",
			edits:   []edit{{"shared/lww/message.go", "for at := 0; at < len(b); {", "for at := 0; at < known; {"}},
			tests:   []command{lwwTests},
		},
		{
			name:    "stamp-without-seen",
			promise: "An edit by someone who had read the old value gets a greater stamp than that value.",
			edits:   []edit{{give, "return max(at, seen.Next(), w.DeviceLast.Next())", "return max(at, min(seen, 0), w.DeviceLast.Next())"}},
			tests:   []command{giveTests},
		},
		{
			name:    "seen-not-capped",
			promise: "A forged claim of what was seen cannot push stamps into the future.",
			edits:   []edit{{give, "seen := min(w.Seen, w.Now)", "seen := w.Seen"}},
			tests:   []command{giveTests},
		},
		{
			name:    "phone-clock-not-capped",
			promise: "A phone whose clock says 2099 writes now, not in 2099.",
			edits:   []edit{{give, "at = min(at, w.Now)", "at = max(at, 0)"}},
			tests:   []command{giveTests},
		},
		{
			name:    "held-without-grant-number",
			promise: "A household that went to another member and came back while a phone was away is fetched anew.",
			edits:   []edit{{"shared/lww/held.go", "		b = binary.BigEndian.AppendUint64(b, g.GetGrant())\n", ""}},
			tests:   []command{lwwTests},
		},
		{
			name:    "hash-without-stamps",
			promise: "Two books that differ only in when a field was written are told apart by their digests.",
			edits:   []edit{{"shared/lww/row.go", "		b = binary.BigEndian.AppendUint64(b, l.GetStamp())\n", ""}},
			tests:   []command{in("shared/lww", "TestRowHashSeesEverythingButTheSeq", "TestKnownHashes")},
		},
	}
}
