package notebook

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// ID is the id of a record, unit or member; as text 36 characters. The zero ID is none.
type ID book.ID

// String gives the usual form with hyphens, and nothing for none.
func (id ID) String() string {
	if id.IsZero() {
		return ""
	}
	return book.ID(id).String()
}

// IsZero tells that this is no id.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText gives String.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText gives.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(b))
	if err == nil {
		*id = parsed
	}
	return err
}

// ParseID reads an id; the error is book.ErrBadID.
func ParseID(s string) (ID, error) {
	id, err := book.ParseID(s)
	return ID(id), err
}

func idFrom(b []byte) ID {
	id, _ := book.IDFrom(b)
	return ID(id)
}

// Day is days since 1970-01-01 in Viet Nam; 0 is no day. As text, for machines,
// 2026-11-21; String, for people, 21/11/2026.
type Day int32

// String gives dd/mm/yyyy, and nothing for no day.
func (d Day) String() string { return words.Day(int32(d)) }

// MarshalText gives yyyy-mm-dd, and nothing for no day.
func (d Day) MarshalText() ([]byte, error) {
	if d == 0 {
		return nil, nil
	}
	v := viet.FromDays(int(d))
	return fmt.Appendf(nil, "%04d-%02d-%02d", v.Year, v.Month, v.Day), nil
}

// UnmarshalText reads what MarshalText gives, and dd/mm/yyyy.
func (d *Day) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = 0
		return nil
	}
	parsed, err := ParseDay(string(b))
	if err == nil {
		*d = parsed
	}
	return err
}

// ParseDay reads a day as people type it; the error is a *viet.DateError.
func ParseDay(s string) (Day, error) {
	v, err := viet.ParseDate(s)
	if err != nil {
		return 0, err
	}
	return Day(v.Days()), nil
}

// Term is one value of a closed list: a stable code for machines and its words.
// The zero value is "nothing chosen".
type Term struct {
	// Code is the enum's value in lower case without the enum's name, as "at_home".
	Code string `json:"code"`
	Text string `json:"text"`
}

func term(e protoreflect.Enum) Term {
	if e.Number() == 0 {
		return Term{}
	}
	d := e.Descriptor()
	code := fmt.Sprint(e.Number())
	if v := d.Values().ByNumber(e.Number()); v != nil {
		prefix := strings.TrimSuffix(string(d.Values().ByNumber(0).Name()), "UNSPECIFIED")
		code = strings.ToLower(strings.TrimPrefix(string(v.Name()), prefix))
	}
	return Term{Code: code, Text: words.Capital(book.Label(e))}
}

// kindTerm gives a kind of record: "visit", "Lượt tiếp xúc".
func kindTerm(kind pb.Kind) Term {
	info, ok := book.KindInfo(kind)
	if !ok {
		return Term{}
	}
	return Term{Code: strings.ToLower(info.Name), Text: words.Capital(info.Vietnamese)}
}

// ReceiptState says how far a record has come; see words of app/words/status.go.
type ReceiptState string

const (
	StateWritten      ReceiptState = "written"
	StateUnsent       ReceiptState = "unsent"
	StateStored       ReceiptState = "stored"
	StateApproved     ReceiptState = "approved"
	StateReturned     ReceiptState = "returned"
	StateWaitingAgain ReceiptState = "waiting_again"
	StateNoReviewer   ReceiptState = "no_reviewer"
	StateRefused      ReceiptState = "refused"
	StateParked       ReceiptState = "parked"
)

// Receipt is the line that tells how far a record has come: a state is always icon,
// word and colour; Tone chooses the colour.
type Receipt struct {
	State ReceiptState `json:"state"`
	Text  string       `json:"text"`
	// Reason is the reviewer's, where one was given.
	Reason string `json:"reason,omitempty"`
}

// Tone is the role of a colour: safe, waiting, wrong, told.
type Tone string

const (
	Safe    Tone = "safe"
	Waiting Tone = "waiting"
	Wrong   Tone = "wrong"
)

// Tone gives the colour's role.
func (r Receipt) Tone() Tone {
	switch r.State {
	case StateReturned, StateRefused:
		return Wrong
	case StateStored, StateApproved:
		return Safe
	}
	return Waiting
}

// Icon gives one sign that tells the state without colour.
func (r Receipt) Icon() string {
	switch r.State {
	case StateApproved:
		return "✔"
	case StateStored, StateNoReviewer:
		return "✓"
	case StateReturned, StateRefused:
		return "↩"
	case StateWaitingAgain, StateParked:
		return "…"
	}
	return "↑"
}

// FieldLine is one field of a record in words.
type FieldLine struct {
	Field uint32 `json:"field"`
	Name  string `json:"name"`
	Value string `json:"value"`
	// Changed: set after the last verdict; a reviewer looks there first.
	Changed bool `json:"changed,omitempty"`
}

// moment is a time in Viet Nam, or the zero time for 0 milliseconds.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).In(words.Zone())
}
