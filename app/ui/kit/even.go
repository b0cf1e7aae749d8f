package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Even puts things into rows of so many columns of the same width, such as the keys of a
// pad; every row is as high as its highest thing.
func Even(columns int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&even{columns: columns}, objects...)
}

type even struct{ columns int }

func (e *even) rows(objects []fyne.CanvasObject, put func(row []fyne.CanvasObject, height float32)) {
	for at := 0; at < len(objects); at += e.columns {
		row := objects[at:min(at+e.columns, len(objects))]
		var h float32
		for _, o := range row {
			h = max(h, o.MinSize().Height)
		}
		put(row, h)
	}
}

func (e *even) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := max(0, (size.Width-float32(e.columns-1)*Grid)/float32(e.columns))
	for _, o := range objects {
		settle(o, w)
	}
	var y float32
	e.rows(objects, func(row []fyne.CanvasObject, h float32) {
		for i, o := range row {
			o.Resize(fyne.NewSize(w, h))
			o.Move(fyne.NewPos(float32(i)*(w+Grid), y))
		}
		y += h + Grid
	})
}

func (e *even) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	e.rows(objects, func(row []fyne.CanvasObject, h float32) {
		if s.Height > 0 {
			s.Height += Grid
		}
		s.Height += h
		for _, o := range row {
			s.Width = max(s.Width, o.MinSize().Width*float32(e.columns))
		}
	})
	return s
}

// Key is a key of a pad: a button with a big letter, higher than others.
func Key(letter string, tapped func()) *Button {
	b := Act(letter, tapped)
	b.words.SetStyle(Style{Size: Title, Center: true})
	return b
}

// Cell puts a sign before a text that stays on one line, as wide as both need and at least
// as so many letters: so several of them can stand in a Flow and keep their places.
func Cell(sign *Sign, text *Text, letters float32) *fyne.Container {
	return container.New(cell{letters}, sign, text)
}

type cell struct{ letters float32 }

func (cell) Layout(o []fyne.CanvasObject, size fyne.Size) {
	s := o[0].MinSize()
	o[0].Resize(s)
	o[0].Move(fyne.NewPos(0, (size.Height-s.Height)/2))
	w := max(0, size.Width-s.Width-Grid)
	h := settle(o[1], w)
	o[1].Move(fyne.NewPos(s.Width+Grid, (size.Height-h)/2))
}

func (c cell) MinSize(o []fyne.CanvasObject) fyne.Size {
	s, t := o[0].MinSize(), o[1].(*Text)
	return fyne.NewSize(s.Width+Grid+max(t.OneLine()+1, c.letters*0.7*t.letters()), max(s.Height, t.letters()*1.4))
}
