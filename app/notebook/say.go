package notebook

import (
	"context"
	"errors"
	"net"
	"syscall"

	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Error is a plain failure with a sentence for the screen.
type Error struct{ text, user string }

func (e *Error) Error() string { return e.text }

// UserMessage is the sentence for the screen.
func (e *Error) UserMessage() string { return e.user }

var (
	// ErrNotYours: not there, or not theirs; the same answer for both.
	ErrNotYours = &Error{"not there or not theirs", words.NotYours}
	// ErrNothingChanged: an edit that changes nothing.
	ErrNothingChanged = &Error{"nothing changed", words.NothingChanged}
	// ErrGone: what the action answers was settled meanwhile.
	ErrGone = &Error{"settled meanwhile", words.GoneMeanwhile}
	// ErrNotYetStored: a verdict on a version that the server does not have.
	ErrNotYetStored = &Error{"version is not on the server", words.NotYetStored}
	// ErrChangedSinceShown: a verdict on another version than the reviewer saw.
	ErrChangedSinceShown = &Error{"changed since it was shown", words.ChangedSinceShown}
	// ErrReasonNeeded: a record is returned without saying why.
	ErrReasonNeeded = &Error{"reason needed", words.ReasonNeeded}
	// ErrNothingToApprove: no visit of that member and month waits.
	ErrNothingToApprove = &Error{"nothing to approve", words.NothingToApprove}
	// ErrOffline: the action needs the server and this notebook has no way to it.
	ErrOffline = &Error{"needs the server", words.OnlyOnline}
	// ErrMember: no such member, or several that are meant by the same words.
	ErrMember = &Error{"no such member", words.WhichMember}
	// ErrHasPhone: who has a phone writes with it; nobody is named to write for them.
	ErrHasPhone = &Error{"member has a phone", words.HasPhone}
	// ErrCommendsHousehold: a commendation is of a collective or a person.
	ErrCommendsHousehold = &Error{"a household is not commended", words.NoHouseholdCommended}
)

// ConsentError tells that the household has to be asked before this is written.
type ConsentError struct {
	Household ID
	Purpose   pb.Purpose
	// State is the household's standing answer.
	State book.ConsentState
}

func (e *ConsentError) Error() string {
	return "no consent of household for " + e.Purpose.String()
}

// Is matches what book says of the same thing.
func (e *ConsentError) Is(target error) bool {
	r, ok := target.(*book.Refusal)
	return ok && r.Code == pb.RefusalCode_REFUSAL_CODE_NO_CONSENT && r.Field == 0 && r.Rule == ""
}

// UserMessage says what to do: ask, or write less.
func (e *ConsentError) UserMessage() string {
	switch {
	case e.State == book.Declined:
		return words.Declined
	case e.State == book.Withdrawn:
		return words.Withdrawn
	case e.Purpose == pb.Purpose_PURPOSE_FORWARD:
		return words.AskForward
	}
	return words.AskFirst
}

// DenunciationError tells that the household said that what it brings is a
// denunciation. Nothing was stored.
type DenunciationError struct{}

func (*DenunciationError) Error() string { return "a denunciation is not stored" }

// UserMessage is what the app shows instead: where a denunciation is filed.
func (*DenunciationError) UserMessage() string { return book.DenunciationAdvice }

// Say gives the sentence that a user reads for an error of this package, of what it
// calls, or of the network; "" for nil.
func Say(err error) string {
	if err == nil {
		return ""
	}
	var refusal *refusalError
	if errors.As(err, &refusal) {
		return refusal.UserMessageFor(refusal.kind)
	}
	var message interface{ UserMessage() string }
	if errors.As(err, &message) {
		return message.UserMessage()
	}
	if ofNetwork(err) || errors.Is(err, context.DeadlineExceeded) {
		return words.NoNetwork
	}
	if errors.Is(err, book.ErrParked) || errors.Is(err, book.ErrBadID) {
		return words.NotYours
	}
	return words.Unexpected
}

// ofNetwork tells an error of the network from one of the disk: the system's bare error
// numbers, which files give, look like both to package net.
func ofNetwork(err error) bool {
	var network net.Error
	if !errors.As(err, &network) {
		return false
	}
	_, bare := network.(syscall.Errno)
	return !bare
}

// refusalError is a refusal of this phone's own check, with the kind, so that the
// sentence can name the field of the form.
type refusalError struct {
	*book.Refusal
	kind pb.Kind
}

func (e *refusalError) Unwrap() error { return e.Refusal }
