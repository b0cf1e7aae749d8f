package household

import (
	"context"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// History shows the earlier values of a record. The server has them: without the network
// the screen says so and offers to try again.
func History(f *frame.Frame, id notebook.ID) *frame.Screen {
	column := kit.Column(1.5*kit.Grid, kit.NewText(words.HistoryLoading, kit.Style{Color: kit.Second}))
	s := &frame.Screen{Name: "history", Title: words.History, Body: column}
	show := func(objects ...fyne.CanvasObject) {
		column.Objects = objects
		s.Fit()
	}
	again := kit.Act(words.HistoryAgain, nil)
	ask := func() {
		b := f.Book
		var got []notebook.PastValue
		again.Disable()
		f.Go(func(ctx context.Context) error {
			var err error
			got, err = b.History(ctx, id)
			return err
		}, func(err error) {
			again.Enable()
			switch {
			case err != nil:
				show(kit.Banner(kit.SignWrong, notebook.Say(err), kit.Waiting), again)
			case len(got) == 0:
				show(kit.NewText(words.NoHistory, kit.Style{Color: kit.Second}))
			default:
				show(past(got)...)
			}
		})
	}
	again.OnTapped = ask
	asked := false
	s.Refresh = func() { // once: a sync in the background must not ask again and again
		if !asked {
			asked = true
			ask()
		}
	}
	return s
}

func past(all []notebook.PastValue) []fyne.CanvasObject {
	objects := []fyne.CanvasObject{kit.Lesser(words.HistoryWhy)}
	for _, v := range all {
		objects = append(objects, kit.Paper(kit.Plain(words.ValueWas(v.Field, v.Value)), kit.Lesser(words.WasWritten(v.By, v.At))))
	}
	return objects
}
