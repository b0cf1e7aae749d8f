package notebook

import (
	"cmp"
	"context"
	"sync"
	"time"
)

// Progress is how sending and receiving goes.
type Progress struct {
	// Running: a call is under way, or another follows at once.
	Running bool
	// Sent and Received count what the sync that runs, or the last one, has done so far.
	Sent, Received int
	// ToSend are changes that the server does not have.
	ToSend int
	// Trouble is a sentence on why the last sync stopped early; "": it did not.
	Trouble string
	// Wiped: this phone was revoked, its unsent work handed over, and the book is gone.
	Wiped bool
	// Unknown: the server does not know this phone, since it was restored from a backup that
	// is older. Nothing is lost; Rejoin with a new code goes on.
	Unknown bool
	// At is the phone's clock at the last whole reply of the server; zero: never.
	At time.Time
}

// Watch hears how syncs go. Its functions are called on the goroutine of Keep.
type Watch struct {
	// Begun: the first call of a sync is about to be made.
	Begun func()
	// Moved: a reply was kept; what the sync has done so far.
	Moved func(Traffic)
	// Ended: nothing is left to do, or the error stands in the way until later.
	Ended func(Round, error)
}

// Round is how one sync ended.
type Round struct {
	Traffic
	// Wiped: the phone was revoked and the book is gone; Keep ends.
	Wiped bool
}

// live is what Live, Kick, Progress and Sync share.
type live struct {
	// turn is held while somebody talks to the server: Live as long as it runs, Sync without
	// Live for one sync.
	turn chan struct{}
	// kick holds one kick that Keep has not seen.
	kick chan struct{}

	mu sync.Mutex
	// on tells that Live runs; changed is closed when that changes.
	on      bool
	changed chan struct{}
	now     Progress
	// joined are the Syncs that wait for the end of Live's present or next sync.
	joined []chan joinedEnd
}

// joinedEnd is how a sync of Live ended; over: Live ended before it.
type joinedEnd struct {
	traffic Traffic
	err     error
	over    bool
}

func newLive() *live {
	return &live{turn: make(chan struct{}, 1), kick: make(chan struct{}, 1), changed: make(chan struct{})}
}

// Live keeps the book in step with the server until ctx ends or the book is closed: it syncs
// at once, after every save, on Kick, at the times of the server and every few minutes, and
// after failures ever later. Run it while the app is in the foreground; of two the second
// waits for the first.
//
// onChange is called on this goroutine when a sync begins, after each reply that was kept,
// and when a sync ends. It must not block and must not wait for Close; it may read.
// After Wiped nothing more comes; Live still waits for ctx.
func (n *Notebook) Live(ctx context.Context, onChange func(Progress)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(n.open, cancel)()
	if n.remote != nil {
		n.keep(ctx, onChange)
	}
	<-ctx.Done()
}

// keep is Live as long as there is something to keep.
func (n *Notebook) keep(ctx context.Context, onChange func(Progress)) {
	select {
	case n.live.turn <- struct{}{}:
		defer func() { <-n.live.turn }()
	case <-ctx.Done():
		return
	}
	n.live.set(true)
	defer n.live.set(false)
	tell := func(change func(*Progress)) {
		n.live.mu.Lock()
		change(&n.live.now)
		n.live.mu.Unlock()
		if onChange != nil {
			onChange(n.Progress())
		}
	}
	n.remote.Keep(ctx, n.live.kick, Watch{
		Begun: func() { tell(begun) },
		Moved: func(t Traffic) { tell(func(p *Progress) { p.Sent, p.Received = t.Sent, t.Received }) },
		Ended: func(r Round, err error) {
			err = n.obeyed(ctx, r, err)
			tell(func(p *Progress) { n.ended(p, r, err) })
			n.live.release(joinedEnd{traffic: r.Traffic, err: err})
		},
	})
}

// obeyed lets the drafts follow what a sync brought.
func (n *Notebook) obeyed(ctx context.Context, r Round, err error) error {
	if r.Received == 0 || r.Wiped {
		return err
	}
	return cmp.Or(err, n.obey(ctx))
}

func begun(p *Progress) { p.Running, p.Sent, p.Received = true, 0, 0 }

// ended notes the end of a sync, for Progress and for State.
func (n *Notebook) ended(p *Progress, r Round, err error) {
	trouble := Say(err)
	n.trouble.Store(&trouble)
	p.Running, p.Sent, p.Received = false, r.Sent, r.Received
	p.Trouble, p.Wiped, p.Unknown = trouble, p.Wiped || r.Wiped, unknown(err)
}

// Kick makes Live sync now: on the button, when the network is back. It never blocks, and
// does nothing without Live.
func (n *Notebook) Kick() {
	n.live.mu.Lock()
	defer n.live.mu.Unlock()
	n.live.nudge()
}

// Progress tells how sending and receiving goes. It waits for nothing.
func (n *Notebook) Progress() Progress {
	n.live.mu.Lock()
	p := n.live.now
	n.live.mu.Unlock()
	b := n.store.Snapshot()
	p.At = moment(b.State().LastSyncMS)
	for o := range b.Ops() {
		if o.Unsent() {
			p.ToSend++
		}
	}
	return p
}

// set begins and ends the time of Live.
func (l *live) set(on bool) {
	l.mu.Lock()
	l.on = on
	close(l.changed)
	l.changed = make(chan struct{})
	if !on {
		l.now.Running = false
		select { // a kick that came too late
		case <-l.kick:
		default:
		}
	}
	l.mu.Unlock()
	if !on {
		l.release(joinedEnd{over: true})
	}
}

// nudge is called under mu.
func (l *live) nudge() {
	if !l.on {
		return
	}
	select {
	case l.kick <- struct{}{}:
	default: // one waits already
	}
}

// release answers the Syncs that wait.
func (l *live) release(end joinedEnd) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.joined {
		c <- end
	}
	l.joined = nil
}

// sync makes one sync, or joins that of Live: there is never more than one.
func (n *Notebook) sync(ctx context.Context) (Traffic, error) {
	l := n.live
	for again := true; ; {
		l.mu.Lock()
		on, changed, late := l.on, l.changed, l.now.Running
		var end chan joinedEnd
		if on {
			end = make(chan joinedEnd, 1)
			l.joined = append(l.joined, end)
			if !late {
				l.nudge()
			}
		}
		l.mu.Unlock()
		if !on {
			select {
			case l.turn <- struct{}{}:
				defer func() { <-l.turn }()
				return n.alone(ctx)
			case <-changed:
				continue
			case <-ctx.Done():
				return Traffic{}, ctx.Err()
			}
		}
		select {
		case e := <-end:
			switch {
			case e.over: // Live was stopped, this sync was not
			case e.err == nil && late && again && n.Progress().ToSend > 0:
				// What was saved while that sync was ending may have missed it.
				again = false
			default:
				return e.traffic, e.err
			}
		case <-ctx.Done():
			return Traffic{}, ctx.Err()
		}
	}
}

// alone makes a sync without Live.
func (n *Notebook) alone(ctx context.Context) (Traffic, error) {
	note := func(change func(*Progress)) {
		n.live.mu.Lock()
		defer n.live.mu.Unlock()
		change(&n.live.now)
	}
	note(begun)
	t, err := n.remote.Sync(ctx)
	err = n.obeyed(ctx, Round{Traffic: t, Wiped: wiped(err)}, err)
	note(func(p *Progress) { n.ended(p, Round{Traffic: t, Wiped: wiped(err)}, err) })
	return t, err
}
