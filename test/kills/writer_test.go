package kills

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"

	"sodanvan/app/notebook"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// With writerBook in its environment this program is the app that is killed: it opens the
// book there, writes what writerSeed says, and sends meanwhile.
const (
	writerBook = "SODANVAN_KILLS_BOOK"
	writerSeed = "SODANVAN_KILLS_LIFE"
)

// said is one line that the app prints once something is saved, never before.
type said struct {
	What string `json:"what"`
	ID   string `json:"id,omitempty"`
	Text string `json:"text,omitempty"`
}

// What a line can tell of.
const (
	saidOpen  = "open"
	saidSaved = "saved" // a visit or petition, new or edited
	saidDraft = "draft"
)

// writerMain is the whole app. It ends only by a failure or by being killed.
func writerMain(dir, seed string) int {
	life, err := strconv.ParseUint(seed, 10, 64)
	if err == nil {
		var b opened
		if b, err = open(context.Background(), dir); err == nil {
			w := &appWriter{opened: b, life: life, chance: rand.New(rand.NewPCG(life, 4)), kick: make(chan struct{}, 1)}
			w.tell(said{What: saidOpen})
			go w.send()
			err = w.write()
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

type appWriter struct {
	opened
	life, n uint64
	chance  *rand.Rand
	kick    chan struct{}
}

// tell prints a line in one write, so that a kill cannot cut it in two.
func (w *appWriter) tell(s said) {
	b, err := json.Marshal(s)
	if err == nil {
		_, err = os.Stdout.Write(append(b, '\n'))
	}
	if err != nil {
		panic(err)
	}
}

// send syncs after each save, beside the writing, as the app does. What goes wrong here is
// found by the sync after the kill.
func (w *appWriter) send() {
	for range w.kick {
		_, _ = w.Sync(context.Background())
	}
}

func (w *appWriter) write() error {
	for {
		s, err := w.one(context.Background())
		if err != nil {
			return err
		}
		w.tell(s)
		select {
		case w.kick <- struct{}{}:
		default:
		}
	}
}

func pick[T any](w *appWriter, from []T) T { return from[w.chance.IntN(len(from))] }

// one writes one thing.
func (w *appWriter) one(ctx context.Context) (said, error) {
	w.n++
	words := text(w.life, w.n, w.chance.IntN(40))
	household := pick(w, w.Households(notebook.Query{})).ID
	drafts := w.Drafts()
	var made []notebook.ID
	for r := range w.store.Snapshot().Kind(pb.Kind_KIND_VISIT) {
		made = append(made, notebook.ID(r.ID))
	}
	saved := func(s notebook.Saved, err error) (said, error) {
		if s.Number != "" {
			words = s.Number + " " + words
		}
		return said{saidSaved, s.ID.String(), words}, err
	}
	switch what := w.chance.IntN(10); {
	case what < 2 && len(made) > 0:
		return saved(w.EditVisit(ctx, pick(w, made), notebook.VisitEdit{Note: &words}))
	case what < 4:
		return saved(w.RecordPetition(ctx, notebook.NewPetition{Household: household, Text: words}))
	case what < 6 && len(drafts) > 0:
		// A form that was begun is finished: the draft becomes the visit.
		d := pick(w, drafts)
		return saved(w.RecordVisit(ctx, notebook.NewVisit{Household: d.Household, Contact: pb.Contact_CONTACT_AT_HOME, Note: words, Draft: d.ID}))
	case what < 8:
		f := notebook.DraftForm{Household: household, Edit: notebook.VisitEdit{Note: &words}, Form: []byte(words)}
		if len(drafts) > 3 {
			d := pick(w, drafts)
			f.ID, f.Household = d.ID, d.Household
		}
		id, err := w.SaveDraft(ctx, f)
		return said{saidDraft, id.String(), words}, err
	}
	return saved(w.RecordVisit(ctx, notebook.NewVisit{Household: household, Contact: pb.Contact_CONTACT_AT_HOME, Note: words}))
}
