package notebook

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
)

// Remote is the server as an open book reaches it. ViaNetwork makes the real one; tests
// make their own.
type Remote interface {
	// Sync sends and receives until nothing is left to do. Where it stops before that, the
	// error has a sentence for the user; what was done until then stays done.
	Sync(ctx context.Context) (Traffic, error)
	// Keep syncs until ctx ends: at once, when kick is sent to, and at its own times. It
	// ends early where the book was wiped. It is not called together with Sync.
	Keep(ctx context.Context, kick <-chan struct{}, w Watch)
	// Ping looks at the way to the server, for a check of the device.
	Ping(ctx context.Context) (Pong, error)
	History(ctx context.Context, req *pb.HistoryRequest) (*pb.HistoryResponse, error)
	ListDevices(ctx context.Context) (*pb.ListDevicesResponse, error)
	IssueCode(ctx context.Context, req *pb.IssueCodeRequest) (*pb.IssueCodeResponse, error)
	RevokeDevice(ctx context.Context, device uint32) error
	ConfirmDevice(ctx context.Context, device uint32) error
	// Close lets go of the connection.
	Close()
}

// Traffic counts what one Sync did.
type Traffic struct {
	Sent     int `json:"sent"`
	Received int `json:"received"`
}

// Synced is what one sync did, in words, with the state after it.
type Synced struct {
	Traffic
	Text  string `json:"text"`
	State State  `json:"state"`
}

// Sync sends what waits and fetches what is new; while Live runs it joins Live's. It holds no
// lock that a screen needs; an error changes nothing about what is written here. Its sentence
// also stands in State until a sync goes well.
func (n *Notebook) Sync(ctx context.Context) (Synced, error) {
	if n.remote == nil {
		return Synced{}, ErrOffline
	}
	t, err := n.sync(ctx)
	if err != nil {
		return Synced{}, err
	}
	return Synced{Traffic: t, Text: words.Synced(t.Sent, t.Received), State: n.State()}, nil
}

// PastValue is one value that a field of a record had.
type PastValue struct {
	Field string    `json:"field"`
	Value string    `json:"value"`
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	// ClockAt is the phone's own clock where it was off.
	ClockAt time.Time `json:"clock_at"`
}

// historyPages bounds how many calls one History makes.
const historyPages = 50

// History asks the server for the earlier values of a record, newest first. It needs the
// network; ErrNotYours where the record is not here.
func (n *Notebook) History(ctx context.Context, id ID) ([]PastValue, error) {
	v := n.view()
	r, ok := v.Record(book.ID(id))
	if !ok {
		return nil, ErrNotYours
	}
	if n.remote == nil {
		return nil, ErrOffline
	}
	out := []PastValue{}
	req := &pb.HistoryRequest{Id: r.ID.Bytes()}
	for range historyPages {
		resp, err := n.remote.History(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, p := range resp.GetValues() {
			by, _ := book.IDFrom(p.GetAuthor())
			out = append(out, PastValue{
				Field: fieldName(r.Kind, p.GetField()), Value: v.valueText(r.Kind, p.GetField(), p.GetValue()),
				By: v.memberName(by), At: hlc.Stamp(p.GetStamp()).Time().In(words.Zone()), ClockAt: moment(p.GetPhoneMs()),
			})
			req.Before = proto.Uint64(p.GetStamp())
		}
		if !resp.GetMore() || len(resp.GetValues()) == 0 {
			break
		}
	}
	return out, nil
}

// Device is one phone of the branch.
type Device struct {
	Number   uint32    `json:"number"`
	Member   ID        `json:"member"`
	Owner    string    `json:"owner"`
	Name     string    `json:"name"`
	Enrolled time.Time `json:"enrolled"`
	LastSync time.Time `json:"last_sync"`
	Unsent   int       `json:"unsent"`
	Revoked  bool      `json:"revoked"`
	// Unconfirmed: a copy of the device CloneOf that waits for ConfirmDevice.
	Unconfirmed bool   `json:"unconfirmed"`
	CloneOf     uint32 `json:"clone_of,omitempty"`
	// Text says the state in words.
	Text string `json:"text"`
}

// Devices lists the devices of the branch; for secretary and deputy, over the network.
func (n *Notebook) Devices(ctx context.Context) ([]Device, error) {
	v, err := n.deskOnline()
	if err != nil {
		return nil, err
	}
	resp, err := n.remote.ListDevices(ctx)
	if err != nil {
		return nil, err
	}
	out := []Device{}
	for _, d := range resp.GetDevices() {
		line := Device{
			Number: d.GetNumber(), Member: idFrom(d.GetMember()), Name: d.GetName(), Enrolled: moment(d.GetEnrolledMs()),
			LastSync: moment(d.GetLastSyncMs()), Unsent: int(d.GetUnsent()), Revoked: d.GetRevoked(),
			Unconfirmed: d.GetUnconfirmed(), CloneOf: d.GetCloneOf(),
		}
		line.Owner = v.memberName(book.ID(line.Member))
		line.Text = words.DeviceState(line.Revoked, line.Unconfirmed, line.Unsent, line.LastSync)
		out = append(out, line)
	}
	return out, nil
}

// deskOnline answers at once what the server would refuse.
func (n *Notebook) deskOnline() (*view, error) {
	v := n.view()
	if !v.atDesk() {
		return nil, ErrNotYours
	}
	if n.remote == nil {
		return nil, ErrOffline
	}
	return v, nil
}

// Invite is a new code for a member.
type Invite struct {
	Member string `json:"member"`
	// Code is typed, Line pasted or shown as QR. Both are secret and valid once.
	Code    string    `json:"code"`
	Line    string    `json:"line"`
	Expires time.Time `json:"expires"`
}

// IssueCode makes a code with which a member joins with a phone, or resets a forgotten
// PIN; for secretary and deputy, over the network.
func (n *Notebook) IssueCode(ctx context.Context, member ID) (Invite, error) {
	v, err := n.deskOnline()
	if err != nil {
		return Invite{}, err
	}
	if _, ok := (world{v}).Member(book.ID(member)); !ok {
		return Invite{}, ErrMember
	}
	resp, err := n.remote.IssueCode(ctx, &pb.IssueCodeRequest{Member: book.ID(member).Bytes()})
	if err != nil {
		return Invite{}, err
	}
	return Invite{
		Member: v.memberName(book.ID(member)), Code: resp.GetCode(), Line: resp.GetInvitation(), Expires: moment(resp.GetExpiresMs()),
	}, nil
}

// RevokeDevice ends a device: at its next call it hands over what it did not send, sealed,
// and wipes itself. For secretary and deputy, over the network.
func (n *Notebook) RevokeDevice(ctx context.Context, number uint32) error {
	if _, err := n.deskOnline(); err != nil {
		return err
	}
	return n.remote.RevokeDevice(ctx, number)
}

// ConfirmDevice lets a copy of a device go on as a device of its own; for secretary and
// deputy, over the network.
func (n *Notebook) ConfirmDevice(ctx context.Context, number uint32) error {
	if _, err := n.deskOnline(); err != nil {
		return err
	}
	return n.remote.ConfirmDevice(ctx, number)
}
