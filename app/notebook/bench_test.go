package notebook_test

import (
	"testing"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
)

// secretarysBook is a book of 800 households and 60,000 records, as the budgets have it.
func secretarysBook(b *testing.B) *notebook.Notebook {
	branch := nt.NewBranch(b)
	branch.Fill(nt.Binh, 800, 70, 4)
	return branch.Phone(nt.Hoa)
}

// open measures from the PIN, whose guess costs nothing here, to the first list.
func open(b *testing.B, owner notebook.ID, q notebook.Query, households, visits, petitions int) {
	branch := nt.NewBranch(b)
	branch.Fill(nt.Binh, households, visits, petitions)
	dir := b.TempDir()
	n := branch.Empty(owner, dir)
	if _, err := n.Sync(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := n.Close(); err != nil {
		b.Fatal(err)
	}
	o := branch.Options(dir)
	for b.Loop() {
		n, err := notebook.Open(b.Context(), o, nt.PIN)
		if err != nil {
			b.Fatal(err)
		}
		if got := len(n.Households(q)); got < households {
			b.Fatalf("%d households", got)
		}
		if err := n.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpenMember3000: a member of 40 households; budget 1 s on a phone, without the PIN.
func BenchmarkOpenMember3000(b *testing.B) { open(b, nt.Binh, notebook.Query{}, 40, 70, 4) }

// BenchmarkOpenSecretary60000: 800 households; budget 2 s.
func BenchmarkOpenSecretary60000(b *testing.B) {
	open(b, nt.Hoa, notebook.Query{Branch: true}, 800, 70, 4)
}

// BenchmarkWaiting counts what BenchmarkReviewQueue lists, again.
func BenchmarkWaiting(b *testing.B) {
	n := secretarysBook(b)
	n.Waiting()
	for b.Loop() {
		n.Waiting()
	}
}

// BenchmarkKeystroke: budget 16 ms.
func BenchmarkKeystroke(b *testing.B) {
	n := secretarysBook(b)
	n.Households(notebook.Query{Branch: true})
	for b.Loop() {
		n.Households(notebook.Query{Branch: true, Search: "nguyen a"})
	}
}

// BenchmarkListAfterSave makes the list after two saves.
func BenchmarkListAfterSave(b *testing.B) {
	n := secretarysBook(b)
	n.Households(notebook.Query{Branch: true})
	for b.Loop() {
		if err := n.DropDraft(b.Context(), nt.Dat); err != nil {
			b.Fatal(err)
		}
		phone := "0911111111"
		if _, err := n.SaveDraft(b.Context(), notebook.DraftForm{ID: nt.Dat, Edit: notebook.HouseholdEdit{Phone: &phone}}); err != nil {
			b.Fatal(err)
		}
		n.Households(notebook.Query{Branch: true})
	}
}

// BenchmarkReviewQueue makes the queue of a branch where everything waits, again.
func BenchmarkReviewQueue(b *testing.B) {
	n := secretarysBook(b)
	n.ReviewQueue()
	for b.Loop() {
		n.ReviewQueue()
	}
}

// BenchmarkReviewQueueFirst makes it for the first time after the book was opened.
func BenchmarkReviewQueueFirst(b *testing.B) {
	first(b, func(n *notebook.Notebook) { n.ReviewQueue() })
}

// BenchmarkWaitingFirst counts for the first time after the book was opened.
func BenchmarkWaitingFirst(b *testing.B) { first(b, func(n *notebook.Notebook) { n.Waiting() }) }

func first(b *testing.B, do func(*notebook.Notebook)) {
	branch := nt.NewBranch(b)
	branch.Fill(nt.Binh, 800, 70, 4)
	dir := b.TempDir()
	n := branch.Empty(nt.Hoa, dir)
	if _, err := n.Sync(b.Context()); err != nil {
		b.Fatal(err)
	}
	o := branch.Options(dir)
	for b.Loop() {
		b.StopTimer()
		err := n.Close()
		if err == nil {
			n, err = notebook.Open(b.Context(), o, nt.PIN)
		}
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		do(n)
	}
	n.Close()
}
