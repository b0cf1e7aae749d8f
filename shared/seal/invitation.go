package seal

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

const (
	invitationScheme   = "sodanvan"
	invitationPrefix   = invitationScheme + "://enrol"
	invitationMaxInput = 4096 // bytes
	addressMax         = 300  // bytes; a host name has at most 253
)

// Invitation is a code together with the server's address, as a QR or a line
// to paste carries it. Address is https://host[:port] without a path, or empty
// when only the code was typed. It is a hint, not an authority: the server that
// answers there must still prove the code.
type Invitation struct {
	Code    Code
	Address string
}

// Text is the line for a QR and for pasting: sodanvan://enrol?c=…&s=….
// It holds the secret.
func (i Invitation) Text() string {
	t := invitationPrefix + "?c=" + i.Code.String()
	if i.Address != "" {
		t += "&s=" + url.QueryEscape(i.Address)
	}
	return t
}

// LogValue keeps the secret out of logs.
func (i Invitation) LogValue() slog.Value {
	return slog.GroupValue(slog.String("code", i.Code.ID), slog.String("address", i.Address))
}

// InvitationError is an invitation that is not one: Part is "text" or
// "address". A wrong code inside gives a *CodeError instead.
type InvitationError struct {
	Part   string
	Reason string
}

func (e *InvitationError) Error() string { return "invitation: " + e.Part + ": " + e.Reason }

// UserMessage is the sentence for the screen.
func (e *InvitationError) UserMessage() string {
	if e.Part == "address" {
		return "Địa chỉ máy chủ chưa đúng. Địa chỉ có dạng https://tên-máy:cổng. Xem lại phiếu."
	}
	return "Đây không phải dòng mời của Sổ Dân Vận. Chép lại cả dòng bắt đầu bằng sodanvan://, hoặc gõ mã trên phiếu."
}

// ParseInvitation reads what was pasted, scanned or typed: the line of Text,
// also in the middle of a message, or a bare code, which leaves Address empty.
// Errors are *CodeError or *InvitationError and never quote the input.
func ParseInvitation(s string) (Invitation, error) {
	if len(s) > invitationMaxInput {
		return Invitation{}, &InvitationError{"text", "too long"}
	}
	at := indexFold(s, invitationScheme+":")
	if at < 0 {
		if strings.Contains(s, "://") {
			return Invitation{}, &InvitationError{"text", "another scheme"}
		}
		c, err := ParseCode(s)
		return Invitation{Code: c}, err
	}
	// In a message the line ends at a blank, and a full stop may follow it.
	line := strings.TrimRight(strings.Fields(s[at:])[0], `.,;:!?)]>"'”»`)
	u, err := url.Parse(line)
	if err != nil {
		return Invitation{}, &InvitationError{"text", "not a URI"}
	}
	if !strings.EqualFold(u.Host, "enrol") || strings.Trim(u.Path, "/") != "" || u.User != nil {
		return Invitation{}, &InvitationError{"text", "not an enrolment"}
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Invitation{}, &InvitationError{"text", "not a query"}
	}
	if len(q["c"]) != 1 || len(q["s"]) > 1 {
		// Two addresses: the one shown and the one used could differ.
		return Invitation{}, &InvitationError{"text", "a part is missing or doubled"}
	}
	c, err := ParseCode(q.Get("c"))
	if err != nil {
		return Invitation{}, err
	}
	inv := Invitation{Code: c}
	if a := q.Get("s"); a != "" {
		if inv.Address, err = ParseAddress(a); err != nil {
			return Invitation{}, err
		}
	}
	return inv, nil
}

// indexFold finds ASCII text without regard to case.
func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

// ParseAddress checks a server's address and gives it in one spelling:
// https://host[:port] in lower case without a path. http is allowed on loopback
// only, where there is no wire to listen on. The error is an *InvitationError.
func ParseAddress(s string) (string, error) {
	fail := func(reason string) (string, error) {
		return "", &InvitationError{"address", reason}
	}
	s = strings.TrimSpace(s)
	if len(s) > addressMax {
		return fail("too long")
	}
	u, err := url.Parse(s)
	if err != nil {
		return fail("not a URL")
	}
	if u.User != nil || u.Opaque != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return fail("more than scheme, host and port")
	}
	host := strings.ToLower(u.Hostname())
	if !validHost(host) {
		return fail("bad host")
	}
	scheme := strings.ToLower(u.Scheme)
	if scheme != "https" && !(scheme == "http" && loopback(host)) {
		return fail("not https")
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return fail("bad port")
		}
		host = fmt.Sprintf("%s:%d", host, n)
	} else if strings.HasSuffix(u.Host, ":") {
		return fail("bad port")
	}
	return scheme + "://" + host, nil
}

// validHost takes an IP address without a zone or a host name in ASCII:
// look-alike letters of other scripts are no help on a slip.
func validHost(h string) bool {
	if a, err := netip.ParseAddr(h); err == nil {
		return a.Zone() == ""
	}
	if h == "" || len(h) > 253 {
		return false
	}
	for _, label := range strings.Split(h, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r != '-' && r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
				return false
			}
		}
	}
	return true
}

func loopback(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback()
	}
	return host == "localhost"
}
