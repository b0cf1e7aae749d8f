package probe

import (
	"crypto/rand"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// Change is one change before it is numbered.
type Change struct {
	Kind pb.Kind
	ID   book.ID
	// Subject and Household go along with a creation only.
	Subject, Household book.ID
	Create             bool
	// Set is a message of the kind with the fields to set; nil: none.
	Set proto.Message
	// Raw, where not nil, stands in place of Set.
	Raw     []byte
	Cleared []uint32
	// Blind: the writer has not seen the record (seen is 0), as after an edit without network.
	Blind bool
}

// Encode gives the bytes of a message as a body; it ends the test where it cannot.
func (p *Phone) Encode(m proto.Message) []byte {
	p.T.Helper()
	b, err := lww.Encode(m)
	if err != nil {
		p.T.Fatal(err)
	}
	return b
}

// Bytes makes the frozen bytes of a change, with the phone's clock and what it has seen.
func (p *Phone) Bytes(c Change) []byte {
	p.T.Helper()
	set := c.Raw
	if set == nil && c.Set != nil {
		set = p.Encode(c.Set)
	}
	now := p.Now().UnixMilli()
	patch := &pb.Patch{Envelope: &pb.Envelope{Kind: c.Kind.Enum(), Id: c.ID.Bytes()}, Set: set, Cleared: c.Cleared,
		PhoneMs: proto.Int64(now), ServerMs: proto.Int64(now), Schema: proto.Uint32(book.Schema)}
	if c.Create {
		patch.Create = proto.Bool(true)
		if !c.Subject.IsZero() {
			patch.Envelope.Subject = c.Subject.Bytes()
		}
		if !c.Household.IsZero() {
			patch.Envelope.Household = c.Household.Bytes()
		}
	} else if row := p.Rows[c.ID]; row != nil && !c.Blind {
		patch.Seen = proto.Uint64(uint64(lww.FromRow(row).Max().Stamp))
	}
	b, err := proto.Marshal(patch)
	if err != nil {
		p.T.Fatal(err)
	}
	return b
}

// ID makes a new id by the phone's clock.
func (p *Phone) ID() book.ID { return book.NewID(p.Now().UnixMilli(), rand.Reader) }

// Day is the phone's day, in days since 1970-01-01.
func (p *Phone) Day() int32 { return int32(p.Now().UnixMilli() / (24 * 3600 * 1000)) }

// Consent is a household's "yes" for a purpose, spoken at the door.
func (p *Phone) Consent(household book.ID, purpose pb.Purpose) []byte {
	return p.Bytes(Change{Kind: pb.Kind_KIND_CONSENT, ID: p.ID(), Subject: household, Create: true, Set: &pb.Consent{
		Purpose: purpose.Enum(), Answer: pb.Answer_ANSWER_GIVEN.Enum(), NoticeVersion: proto.String("1"),
		TimeMs: proto.Int64(p.Now().UnixMilli()), Channel: pb.Channel_CHANNEL_SPOKEN.Enum()}})
}

// Visit is a new visit at home.
func (p *Phone) Visit(id, household book.ID, note string) []byte {
	return p.Bytes(Change{Kind: pb.Kind_KIND_VISIT, ID: id, Subject: household, Create: true,
		Set: &pb.Visit{Day: proto.Int32(p.Day()), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String(note)}})
}

// Petition is a new petition with a number of its own.
func (p *Phone) Petition(id, household book.ID, counter uint32, text string) []byte {
	return p.Bytes(Change{Kind: pb.Kind_KIND_PETITION, ID: id, Subject: household, Create: true,
		Set: &pb.Petition{Number: proto.String(book.PetitionNumber(p.Device, counter)), Day: proto.Int32(p.Day()), Text: proto.String(text)}})
}

// Approve is a verdict on the version of a record that the phone holds.
func (p *Phone) Approve(subject book.ID) []byte {
	digest := lww.Digest(p.Rows[subject].GetBody())
	return p.Bytes(Change{Kind: pb.Kind_KIND_REVIEW, ID: p.ID(), Subject: subject, Create: true,
		Set: &pb.Review{Digest: digest[:], Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}})
}

// Household finds a household that the phone holds by its head's name; it ends the test
// where there is none.
func (p *Phone) Household(head string) book.ID {
	p.T.Helper()
	for id, row := range p.Rows {
		var h pb.Household
		if row.GetEnvelope().GetKind() != pb.Kind_KIND_HOUSEHOLD {
			continue
		}
		if _, err := lww.Decode(row.GetBody(), &h); err != nil {
			p.T.Fatal(err)
		}
		if h.GetHead() == head {
			return id
		}
	}
	p.T.Fatalf("no household %q", head)
	return book.ID{}
}

// Count is how many rows of a kind the phone holds.
func (p *Phone) Count(kind pb.Kind) (n int) {
	for _, row := range p.Rows {
		if row.GetEnvelope().GetKind() == kind {
			n++
		}
	}
	return n
}

// Stored ends the test unless these ops were stored.
func (p *Phone) Stored(numbers ...uint64) {
	p.T.Helper()
	for _, n := range numbers {
		if a := p.Acks[n]; a.GetResult() != pb.Result_RESULT_STORED {
			p.T.Fatalf("op %d: %s %s (%s)", n, a.GetResult(), a.GetRefusal().GetCode(), a.GetRefusal().GetRule())
		}
	}
}
