package rights

import (
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/test/probe"
)

// subject is one row of the table: how such a record is made and changed so that nothing
// but rights can stand in the way.
type subject struct {
	kind pb.Kind
	// by is who may make it.
	by string
	// fresh gives a whole creation by p with a text in it that stands nowhere else.
	fresh func(s *stage, p *probe.Phone, text string) probe.Change
	// make makes n records in another way than by their creation: the server's own kinds.
	// It gives their ids and the secret texts that are in them.
	make func(s *stage, n int) ([]book.ID, []string)
	// edit gives a valid new value of a field of 1-99; nil: field 1 as an unknown one.
	edit func(text string) proto.Message
	// clear is an optional field of 1-99 that fresh has set.
	clear uint32
	// clearSet goes along with the clearing, where the record would not be whole without.
	clearSet proto.Message
	// fields are further verbs: values of fields of 100 and up that the kind has.
	fields map[string]field
}

// field makes a wire record.
type field func(*stage) []byte

func str(s string) *string { return proto.String(s) }

func create(kind pb.Kind, p *probe.Phone, about book.ID, m proto.Message) probe.Change {
	return probe.Change{Kind: kind, ID: p.ID(), Subject: about, Create: true, Set: m}
}

// Places that a record may be about.
type place func(*stage) book.ID

func inCommune(s *stage) book.ID   { return s.tw.Commune }
func inBranch(s *stage) book.ID    { return s.branch1 }
func atBình(s *stage) book.ID      { return s.houseB }
func atGiang(s *stage) book.ID     { return s.houseG }
func noticeHere(s *stage) book.ID  { return s.noticeHere }
func noticeAbove(s *stage) book.ID { return s.noticeCommune }

func initiative(by string, where place) subject {
	return subject{kind: pb.Kind_KIND_INITIATIVE, by: by, clear: 3,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_INITIATIVE, p, where(s), &pb.Initiative{Name: str(text), Field: pb.InitiativeField_INITIATIVE_FIELD_ECONOMY.Enum(), Description: str("bịa"), RegisteredDay: proto.Int32(p.Day())})
		},
		edit: func(text string) proto.Message { return &pb.Initiative{Name: &text} }}
}

func commendation(by string, where place) subject {
	return subject{kind: pb.Kind_KIND_COMMENDATION, by: by, clear: 5,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_COMMENDATION, p, where(s), &pb.Commendation{Name: str(text), Day: proto.Int32(p.Day()), Reason: str("bịa")})
		},
		edit: func(text string) proto.Message { return &pb.Commendation{Name: &text} }}
}

func survey(by string, where place) subject {
	return subject{kind: pb.Kind_KIND_SURVEY, by: by, clear: 3,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_SURVEY, p, where(s), &pb.Survey{Day: proto.Int32(p.Day()), Findings: str(text), Recommendations: str("bịa")})
		},
		edit: func(text string) proto.Message { return &pb.Survey{Findings: &text} }}
}

func notice(by string, where place) subject {
	return subject{kind: pb.Kind_KIND_NOTICE, by: by, clear: 3,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_NOTICE, p, where(s), &pb.Notice{Title: str("Bịa"), Text: str(text), FromDay: proto.Int32(p.Day())})
		},
		edit: func(text string) proto.Message { return &pb.Notice{Text: &text} }}
}

func category(use pb.CategoryUse) subject {
	return subject{kind: pb.Kind_KIND_CATEGORY, by: "cb", clear: 3,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_CATEGORY, p, s.tw.Commune, &pb.Category{Use: use.Enum(), Name: str(text), Position: proto.Int32(3)})
		},
		edit: func(text string) proto.Message { return &pb.Category{Name: &text} }}
}

func member(by string, where place) subject {
	return subject{kind: pb.Kind_KIND_MEMBER, by: by, clear: 2,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_MEMBER, p, where(s), &pb.Member{Name: str(text), Distinguish: str("bịa")})
		},
		edit:   func(text string) proto.Message { return &pb.Member{Name: &text} },
		fields: map[string]field{"office": func(*stage) []byte { return raw(200, uint64(pb.Office_OFFICE_SECRETARY)) }}}
}

// behalf is Giang where the household is Giang's.
func behalf(s *stage, where book.ID) []byte {
	if where == s.houseG {
		return s.tw.Member("Giang").Bytes()
	}
	return nil
}

func visit(by string, where place) subject {
	return subject{kind: pb.Kind_KIND_VISIT, by: by, clear: 5,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			h := where(s)
			return create(pb.Kind_KIND_VISIT, p, h, &pb.Visit{Day: proto.Int32(p.Day()), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: &text, FollowUpDay: proto.Int32(p.Day() + 7), OnBehalfOf: behalf(s, h)})
		},
		edit: func(text string) proto.Message { return &pb.Visit{Note: &text} }}
}

func petition(by string, where place) subject {
	return subject{kind: pb.Kind_KIND_PETITION, by: by, clear: 4,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			h := where(s)
			return create(pb.Kind_KIND_PETITION, p, h, &pb.Petition{Number: str(s.number(p)), Day: proto.Int32(p.Day()), Text: &text, Matter: p.ID().Bytes(), OnBehalfOf: behalf(s, h)})
		},
		edit: func(text string) proto.Message { return &pb.Petition{Text: &text} }}
}

func contribution(by string, where place) subject {
	return subject{kind: pb.Kind_KIND_CONTRIBUTION, by: by, clear: 2,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			h := where(s)
			return create(pb.Kind_KIND_CONTRIBUTION, p, h, &pb.Contribution{Day: proto.Int32(p.Day()), Initiative: []byte(text[:16]), WorkdayTenths: proto.Int32(5), OnBehalfOf: behalf(s, h)})
		},
		edit: func(text string) proto.Message { return &pb.Contribution{Initiative: []byte(text[len(text)-16:])} }}
}

// step is a step of one sort upon a petition that has come as far as after says.
func step(by string, what pb.StepKind, after ...pb.StepKind) subject {
	return subject{kind: pb.Kind_KIND_STEP, by: by, clear: 9,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			id, last, digest := s.walk(after...)
			return create(pb.Kind_KIND_STEP, p, id, s.step(what, last, digest, p.Day(), text))
		},
		edit: func(text string) proto.Message { return &pb.Step{Reason: &text} }}
}

const (
	sentUp     = pb.StepKind_STEP_KIND_SENT_UP
	supplement = pb.StepKind_STEP_KIND_SUPPLEMENT
	forwarded  = pb.StepKind_STEP_KIND_FORWARDED
	answered   = pb.StepKind_STEP_KIND_ANSWERED
	told       = pb.StepKind_STEP_KIND_TOLD
	closed     = pb.StepKind_STEP_KIND_CLOSED
	reopened   = pb.StepKind_STEP_KIND_REOPENED
	takenBack  = pb.StepKind_STEP_KIND_TAKEN_BACK
)

// step makes the body of a step that is whole of its sort.
func (s *stage) step(what pb.StepKind, follows book.ID, digest []byte, day int32, text string) *pb.Step {
	m := &pb.Step{What: what.Enum(), Day: &day, Reason: &text}
	if !follows.IsZero() {
		m.Follows = follows.Bytes()
	}
	switch what {
	case sentUp:
		m.SentUp = &pb.SentUp{Digest: digest, WithName: proto.Bool(false)}
	case supplement:
		m.Supplement = &pb.Supplement{Text: &text}
	case forwarded:
		m.Forwarded = &pb.Forwarded{Authority: s.authority.Bytes(), DueDay: proto.Int32(day + 14)}
	case answered:
		m.Answered = &pb.Answered{Text: &text}
	case told:
		m.Told = &pb.Told{Outcome: pb.ToldOutcome_TOLD_OUTCOME_ACCEPTED.Enum()}
	}
	return m
}

// whoSteps is by whom the test itself walks a petition on.
var whoSteps = map[pb.StepKind]string{sentUp: "bt", supplement: "hộ", forwarded: "cb", answered: "cb", told: "hộ", closed: "bt", reopened: "bt"}

// walk makes an approved petition of Bình's household and takes it through these steps.
func (s *stage) walk(after ...pb.StepKind) (petitionID, last book.ID, digest []byte) {
	s.t.Helper()
	p, bt := s.phone["hộ"], s.phone["bt"]
	c := petition("hộ", atBình).fresh(s, p, s.secret())
	sum := lww.Digest(p.Encode(c.Set))
	s.must(p, c)
	changes := []probe.Change{create(pb.Kind_KIND_REVIEW, bt, c.ID, &pb.Review{Digest: sum[:], Verdict: pb.Verdict_VERDICT_APPROVED.Enum()})}
	by := bt
	for _, what := range after {
		if next := s.phone[whoSteps[what]]; next != by {
			s.must(by, changes...)
			by, changes = next, nil
		}
		next := create(pb.Kind_KIND_STEP, by, c.ID, s.step(what, last, sum[:], by.Day(), s.secret()))
		changes = append(changes, next)
		last = next.ID
	}
	s.must(by, changes...)
	return c.ID, last, sum[:]
}

func receipt(by string, about place, what pb.ReceiptKind, household place) subject {
	return subject{kind: pb.Kind_KIND_RECEIPT, by: by, clear: 2,
		fresh: func(s *stage, p *probe.Phone, _ string) probe.Change {
			c := create(pb.Kind_KIND_RECEIPT, p, about(s), &pb.Receipt{What: what.Enum(), Day: proto.Int32(p.Day())})
			if household != nil {
				c.Household = household(s)
			}
			return c
		},
		edit: func(string) proto.Message { return &pb.Receipt{Day: proto.Int32(20000)} }}
}

// rowAbout finds a row of a kind about a record on the secretary's phone.
func (s *stage) rowAbout(kind pb.Kind, about book.ID) book.ID {
	s.t.Helper()
	for id, row := range s.phone["bt"].Rows {
		if subject, _ := book.IDFrom(row.GetEnvelope().GetSubject()); subject == about && row.GetEnvelope().GetKind() == kind {
			return id
		}
	}
	s.t.Fatalf("no %s about %s", kind, about)
	return book.ID{}
}

// onDesk makes n changes of visits that end on the desk, and finds the rows there.
func onDesk(kind pb.Kind, by string, result pb.Result) func(s *stage, n int) ([]book.ID, []string) {
	return func(s *stage, n int) (ids []book.ID, secrets []string) {
		p := s.phone[by]
		var ops [][]byte
		var about []book.ID
		for range n {
			secrets = append(secrets, s.secret())
			c := visit("hộ", atBình).fresh(s, p, secrets[len(secrets)-1])
			about, ops = append(about, c.ID), append(ops, p.Bytes(c))
		}
		first := p.Last + 1
		if _, err := p.Try(ops...); err != nil {
			s.t.Fatal(err)
		}
		for i := range ops {
			if got := p.Acks[first+uint64(i)].GetResult(); got != result {
				s.t.Fatalf("fixture: %s, want %s", got, result)
			}
		}
		s.phone["bt"].Sync()
		for _, id := range about {
			ids = append(ids, s.rowAbout(kind, id))
		}
		return ids, secrets
	}
}

// overwritten makes n values that were lost to a writer who had not seen them.
func overwritten(s *stage, n int) (ids []book.ID, secrets []string) {
	p := s.phone["hộ"]
	var visits, edits []probe.Change
	for range n {
		secrets = append(secrets, s.secret())
		c := visit("hộ", atBình).fresh(s, p, secrets[len(secrets)-1])
		visits = append(visits, c)
		edits = append(edits, probe.Change{Kind: c.Kind, ID: c.ID, Blind: true, Set: &pb.Visit{Note: str("thắng")}})
	}
	s.must(p, visits...)
	s.must(s.second, edits...)
	s.phone["bt"].Sync()
	for _, c := range visits {
		ids = append(ids, s.rowAbout(pb.Kind_KIND_OVERWRITTEN, c.ID))
	}
	return ids, secrets
}

// subjects are the rows of the table.
var subjects = map[string]subject{
	"Unit": {kind: pb.Kind_KIND_UNIT, by: "cb", clear: 3,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_UNIT, p, s.branch1, &pb.Unit{Name: &text, Level: str("tổ đảng"), Symbol: str("TĐ")})
		},
		edit: func(text string) proto.Message { return &pb.Unit{Name: &text} }},
	"Authority": {kind: pb.Kind_KIND_AUTHORITY, by: "cb", clear: 2,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_AUTHORITY, p, s.tw.Commune, &pb.Authority{Name: &text, Address: str("bịa")})
		},
		edit: func(text string) proto.Message { return &pb.Authority{Name: &text} }},
	"Calendar": {kind: pb.Kind_KIND_CALENDAR, by: "cb", clear: 1, clearSet: &pb.Calendar{Limit: &pb.Limit{Days: proto.Int32(10)}},
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_CALENDAR, p, s.tw.Commune, &pb.Calendar{Holiday: &pb.Holiday{Day: proto.Int32(20000), Name: &text}})
		},
		edit: func(text string) proto.Message {
			return &pb.Calendar{Holiday: &pb.Holiday{Day: proto.Int32(20001), Name: &text}}
		}},
	"Category":       category(pb.CategoryUse_CATEGORY_USE_TOPIC),
	"Category/word":  category(pb.CategoryUse_CATEGORY_USE_WARNED_WORD),
	"Notice/commune": notice("cb", inCommune),
	"Notice/branch":  notice("bt", inBranch),
	"Member":         member("bt", inBranch),
	"Member/commune": member("cb", inCommune),
	"Household": {kind: pb.Kind_KIND_HOUSEHOLD, by: "bt", clear: 3,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			c := create(pb.Kind_KIND_HOUSEHOLD, p, s.branch1, &pb.Household{Head: &text, Hamlet: str("Xóm Đình"), Address: str("bịa"), Phone: str("0912345678")})
			s.owns(c.ID, "nobody")
			return c
		},
		make: func(s *stage, n int) (ids []book.ID, secrets []string) {
			p := s.phone["bt"]
			var changes []probe.Change
			for range n {
				secrets = append(secrets, s.secret())
				c := create(pb.Kind_KIND_HOUSEHOLD, p, s.branch1, &pb.Household{Head: str(secrets[len(secrets)-1]), Hamlet: str("Xóm Đình"), Address: str("bịa"), Member: s.tw.Member("Bình").Bytes()})
				s.owns(c.ID, "Bình")
				changes, ids = append(changes, c), append(ids, c.ID)
			}
			s.must(p, changes...)
			return ids, secrets
		},
		edit: func(text string) proto.Message { return &pb.Household{Head: &text} },
		fields: map[string]field{
			"welfare": func(*stage) []byte { return raw(101, uint64(pb.Welfare_WELFARE_POOR)) },
			"assign": func(s *stage) []byte {
				return s.phone["bt"].Encode(&pb.Household{Member: s.tw.Member("Cúc").Bytes()})
			}}},
	"Visit":               visit("hộ", atBình),
	"Petition":            petition("hộ", atBình),
	"Contribution":        contribution("hộ", atBình),
	"Visit/behalf":        visit("đv", atGiang),
	"Petition/behalf":     petition("đv", atGiang),
	"Contribution/behalf": contribution("đv", atGiang),

	"Step/sent-up":         step("bt", sentUp),
	"Step/supplement":      step("hộ", supplement, sentUp),
	"Step/forwarded":       step("cb", forwarded, sentUp),
	"Step/answered":        step("cb", answered, sentUp, forwarded),
	"Step/told":            step("hộ", told, sentUp, answered),
	"Step/closed":          step("bt", closed, sentUp),
	"Step/reopened":        step("bt", reopened, sentUp, closed),
	"Step/taken-back":      step("hộ", takenBack, sentUp, supplement),
	"Step/forwarded-early": step("cb", forwarded),

	"Review": {kind: pb.Kind_KIND_REVIEW, by: "bt", clear: 3,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			c := visit("hộ", atBình).fresh(s, s.phone["hộ"], s.secret())
			digest := lww.Digest(p.Encode(c.Set))
			s.must(s.phone["hộ"], c)
			return create(pb.Kind_KIND_REVIEW, p, c.ID, &pb.Review{Digest: digest[:], Verdict: pb.Verdict_VERDICT_RETURNED.Enum(), Reason: &text})
		},
		edit: func(text string) proto.Message { return &pb.Review{Reason: &text} }},
	"Consent": {kind: pb.Kind_KIND_CONSENT, by: "hộ", clear: 6,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_CONSENT, p, s.houseB, &pb.Consent{Purpose: pb.Purpose_PURPOSE_KEEP.Enum(), Answer: pb.Answer_ANSWER_GIVEN.Enum(),
				NoticeVersion: str("1"), TimeMs: proto.Int64(p.Now().UnixMilli()), Channel: pb.Channel_CHANNEL_PAPER.Enum(), Witness: &text})
		},
		edit: func(text string) proto.Message { return &pb.Consent{Witness: &text} }},
	"Overwritten": {kind: pb.Kind_KIND_OVERWRITTEN, clear: 1, make: overwritten,
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_OVERWRITTEN, p, s.houseB, &pb.Overwritten{Field: proto.Uint32(1), Value: []byte(text)})
		}},
	"Receipt/read":        receipt("hộ", noticeHere, pb.ReceiptKind_RECEIPT_KIND_READ, nil),
	"Receipt/commune":     receipt("hộ", noticeAbove, pb.ReceiptKind_RECEIPT_KIND_READ, nil),
	"Receipt/told":        receipt("hộ", noticeHere, pb.ReceiptKind_RECEIPT_KIND_TOLD, atBình),
	"Receipt/told-behalf": receipt("đv", noticeHere, pb.ReceiptKind_RECEIPT_KIND_TOLD, atGiang),

	"Initiative/branch":    initiative("bt", inBranch),
	"Initiative/commune":   initiative("cb", inCommune),
	"Commendation/branch":  commendation("bt", inBranch),
	"Commendation/commune": commendation("cb", inCommune),
	"Survey/branch":        survey("cb", inBranch),
	"Survey/commune":       survey("cb", inCommune),

	"Suggestion": {kind: pb.Kind_KIND_SUGGESTION, clear: 1, make: onDesk(pb.Kind_KIND_SUGGESTION, "sao", pb.Result_RESULT_SUGGESTION),
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_SUGGESTION, p, s.houseB, &pb.Suggestion{Patch: []byte(text)})
		},
		fields: map[string]field{"verdict": func(*stage) []byte { return raw(100, uint64(pb.Verdict_VERDICT_APPROVED)) }}},
	"Refused": {kind: pb.Kind_KIND_REFUSED, clear: 1, make: onDesk(pb.Kind_KIND_REFUSED, "đv", pb.Result_RESULT_REFUSED),
		fresh: func(s *stage, p *probe.Phone, text string) probe.Change {
			return create(pb.Kind_KIND_REFUSED, p, s.houseB, &pb.RefusedChange{Patch: []byte(text)})
		}},
}
