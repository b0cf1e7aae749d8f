package weather

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Conditions of a line. The zero value is a good one.
type Conditions struct {
	// RoundTrip is the delay of both ways together.
	RoundTrip time.Duration
	// Loss is the share of pieces that come a pause of two round trips late.
	Loss float64
	// Rate is how many bytes a second go each way; 0: no limit.
	Rate int
	// Cut is how often all connections are reset, the first time after half of that; 0: never.
	Cut time.Duration
	// Reply is after how many bytes towards the phone a connection ends; 0: never.
	Reply int
}

// Seen is what went over a line.
type Seen struct {
	Connections, Cuts, Lost int
	// Turns counts how often the phone spoke after the server had: the round trips that
	// somebody waited for, and some more where both spoke at once.
	Turns    int
	Up, Down int
}

// piece is the most that travels at once: what one packet carries.
const piece = 1400

// waiting is how many pieces a line keeps before the sender has to wait.
const waiting = 64

// Line is a listener whose connections lead to a server, through the weather. It listens on
// loopback until Close.
type Line struct {
	// Address is where phones dial.
	Address string

	to     string
	listen net.Listener
	done   sync.WaitGroup

	mu       sync.Mutex
	chance   *rand.Rand
	now      Conditions
	seen     Seen
	calm     chan struct{} // ends the cuts, where there are any
	open     map[*link]bool
	free     [2]time.Time // when the line can carry the next piece, each way
	answered bool         // the last piece went towards the phone
	closed   bool
}

// The two ways of a line.
const (
	up = iota
	down
)

// link is one connection: the phone's end and the server's.
type link struct {
	ends [2]net.Conn
	dead chan struct{}
	once sync.Once
}

// end closes both ends; reset does it as a broken network, throwing away what the programs
// have not read yet.
func (k *link) end(reset bool) {
	k.once.Do(func() {
		close(k.dead)
		for _, c := range k.ends {
			if t, ok := c.(*net.TCPConn); ok && reset {
				_ = t.SetLinger(0)
			}
			c.Close()
		}
	})
}

// Open makes a line to an address, in good weather; what is lost later comes from the seed.
func Open(to string, seed uint64) (*Line, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Line{Address: ln.Addr().String(), to: to, listen: ln, chance: rand.New(rand.NewPCG(seed, 11)), open: map[*link]bool{}}
	l.done.Go(l.accept)
	return l, nil
}

// Close ends the line and its connections.
func (l *Line) Close() {
	l.listen.Close()
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.Set(Conditions{})
	l.done.Wait()
}

// Set changes the weather for what comes from now on, and resets all connections, so that
// the next ones are made in it.
func (l *Line) Set(c Conditions) {
	l.mu.Lock()
	if l.calm != nil {
		close(l.calm)
		l.calm = nil
	}
	l.now = c
	if c.Cut > 0 {
		calm := make(chan struct{})
		l.calm = calm
		l.done.Go(func() { l.cut(c.Cut, calm) })
	}
	l.mu.Unlock()
	l.reset()
}

// Seen gives what went over the line so far.
func (l *Line) Seen() Seen {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen
}

func (l *Line) cut(every time.Duration, calm chan struct{}) {
	next := time.NewTimer(every / 2)
	defer next.Stop()
	for {
		select {
		case <-calm:
			return
		case <-next.C:
			next.Reset(every)
			l.mu.Lock()
			l.seen.Cuts++
			l.mu.Unlock()
			l.reset()
		}
	}
}

func (l *Line) reset() {
	l.mu.Lock()
	links := l.open
	l.open = map[*link]bool{}
	l.mu.Unlock()
	for k := range links {
		k.end(true)
	}
}

func (l *Line) accept() {
	for {
		c, err := l.listen.Accept()
		if err != nil {
			return
		}
		s, err := net.Dial("tcp", l.to)
		if err != nil {
			c.Close()
			continue
		}
		k := &link{ends: [2]net.Conn{c, s}, dead: make(chan struct{})}
		l.mu.Lock()
		l.seen.Connections++
		l.open[k] = true
		weather, late := l.now, l.closed
		l.mu.Unlock()
		if late {
			l.drop(k)
		}
		l.done.Go(func() { l.carry(k, c, s, up, weather) })
		l.done.Go(func() { l.carry(k, s, c, down, weather) })
	}
}

// carried is a piece with the time at which it arrives.
type carried struct {
	b  []byte
	at time.Time
}

// carry takes one way of a connection from end to end.
func (l *Line) carry(k *link, from, to net.Conn, way int, c Conditions) {
	queue := make(chan carried, waiting)
	l.done.Go(func() { l.arrive(k, to, queue, way, c) })
	defer close(queue)
	ready, last := time.Now().Add(c.RoundTrip), time.Time{}
	for {
		b := make([]byte, piece)
		n, err := from.Read(b)
		if n > 0 {
			at := l.leave(n, way, ready, c)
			if at.Before(last) {
				at = last
			}
			last = at
			select {
			case queue <- carried{b[:n], at}:
			case <-k.dead:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// leave puts a piece on the line and gives the time at which it arrives.
func (l *Line) leave(n, way int, ready time.Time, c Conditions) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if way == up {
		l.seen.Up += n
		if l.answered {
			l.seen.Turns++
		}
	} else {
		l.seen.Down += n
	}
	l.answered = way == down
	at := l.free[way]
	for _, earliest := range []time.Time{time.Now(), ready} {
		if at.Before(earliest) {
			at = earliest
		}
	}
	took := time.Duration(0)
	if c.Rate > 0 {
		took = time.Duration(n) * time.Second / time.Duration(c.Rate)
	}
	at = at.Add(took)
	l.free[way] = at
	at = at.Add(c.RoundTrip / 2)
	if l.chance.Float64() < c.Loss {
		l.seen.Lost++
		l.free[way] = l.free[way].Add(took)
		at = at.Add(2*c.RoundTrip + took)
	}
	return at
}

// arrive hands pieces over when their time has come.
func (l *Line) arrive(k *link, to net.Conn, queue <-chan carried, way int, c Conditions) {
	came := 0
	for p := range queue {
		select {
		case <-k.dead:
			return
		case <-time.After(time.Until(p.at)):
		}
		if way == down && c.Reply > 0 && came+len(p.b) >= c.Reply {
			_, _ = to.Write(p.b[:c.Reply-came])
			l.drop(k)
			return
		}
		came += len(p.b)
		if _, err := to.Write(p.b); err != nil {
			l.drop(k)
			return
		}
	}
	// The sender has closed its side and all of it has arrived.
	l.drop(k)
}

func (l *Line) drop(k *link) {
	l.mu.Lock()
	delete(l.open, k)
	l.mu.Unlock()
	k.end(false)
}
