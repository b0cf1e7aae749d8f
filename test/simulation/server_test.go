package simulation

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"sodanvan/app/syncing"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/registry"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
)

var (
	errCrash = errors.New("the process died")
	errLost  = errors.New("lost on the way")
)

// life is one run of a program over its files, which may end at any statement.
type life struct {
	// left counts the statements until the end; 0: none is planned.
	left int
	// dead: nothing of what the program does from here on reaches its files.
	dead bool
	// leave copies the files as they are at the end.
	leave func() error
	err   error
	// room counts the statements that write until the disk is full; 0: no bound. full is
	// what the database says then.
	room int
	full error
	// count of statements, for walks over all of them.
	count int
}

func (l *life) step(statement string) error {
	if l.dead {
		return errCrash
	}
	l.count++
	if l.left > 0 {
		if l.left--; l.left == 0 {
			l.dead = true
			l.err = l.leave()
			return errCrash
		}
	}
	if l.room > 0 && writes(statement) {
		if l.room == 1 {
			return l.full
		}
		l.room--
	}
	return nil
}

// writes tells whether a statement can need room.
func writes(statement string) bool {
	return strings.HasPrefix(statement, "INSERT") || strings.HasPrefix(statement, "UPDATE") || strings.HasPrefix(statement, "put ")
}

// server is the real registry over the real database.
type server struct {
	*world
	life
	dir    string
	next   string
	random stream
	store  *sqlite.Store
	reg    *registry.Registry
	// pages bound the file from the next start on; 0: no bound.
	pages int
}

func serverOptions(step func(string) error) sqlite.Options {
	return sqlite.Options{Readers: 1, Step: step}
}

func (s *server) open() {
	s.next = s.newDir("server")
	l := life{full: fmt.Errorf("simulated: %w", store.ErrFull)}
	dir, next := s.dir, s.next
	l.leave = func() error { return copyFiles(dir, next) }
	s.life = l
	var err error
	o := serverOptions(s.step)
	o.MaxPages = s.pages
	s.store, err = sqlite.Open(ctx, s.dir, o)
	s.must(err, "open the server's database")
	s.reg, err = registry.New(ctx, s.store, registry.Options{Now: s.clock, Random: s.random, Dir: s.dir, DayOps: s.dayOps})
	s.must(err, "open the registry")
}

// restart ends the program, in order or after its death, and starts it again on the files
// that it left.
func (s *server) restart() {
	err := s.reg.Close()
	if s.dead {
		s.must(s.err, "copy the dead server's files")
		os.RemoveAll(s.dir)
		s.dir = s.next
	} else {
		s.must(err, "close the server")
	}
	s.open()
}

// revive restarts a server that died.
func (s *server) revive() bool {
	if !s.dead {
		return false
	}
	s.deaths++
	s.reached["the server died"]++
	s.note("server died and starts again")
	s.restart()
	s.mirror.look()
	return true
}

// problem is an error of the registry as it comes out of the network.
func problem(err error) error {
	var p *registry.Problem
	if err == nil {
		return nil
	}
	if !errors.As(err, &p) {
		return err
	}
	seconds := uint32(p.RetryAfter)
	return &syncing.CallError{Problem: &pb.Problem{Code: p.Code.Enum(), Sentence: &p.Sentence, RetryAfterS: &seconds}, Err: err}
}
