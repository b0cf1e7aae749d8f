package desk

import (
	"context"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Devices lists the devices of the branch as the server knows them, to revoke one that was
// lost or to confirm one that goes on with a copy of the book.
func Devices(f *frame.Frame) *frame.Screen {
	d := &devices{f: f, col: kit.Column(1.5 * kit.Grid)}
	d.screen = &frame.Screen{Name: "devices", Title: words.Devices, Body: d.col}
	d.screen.Refresh = func() {
		if !d.asked { // only once: every look asks the server
			d.asked = true
			d.ask()
		}
	}
	return d.screen
}

type devices struct {
	f      *frame.Frame
	screen *frame.Screen
	col    *fyne.Container
	asked  bool
	own    uint32 // the number of the device that shows this
}

func (d *devices) ask() {
	d.say(kit.Plain(words.Working))
	var got []notebook.Device
	var own uint32
	book := d.f.Book
	d.f.Go(func(ctx context.Context) error {
		var err error
		own = book.Me().Device
		got, err = book.Devices(ctx)
		return err
	}, func(err error) {
		if err != nil {
			d.say(kit.Banner(kit.SignWrong, words.DevicesOffline(notebook.Say(err)), kit.Waiting, kit.Act(words.TryAgain, d.ask)))
			return
		}
		d.own = own
		d.show(got)
	})
}

func (d *devices) say(objects ...fyne.CanvasObject) {
	d.col.Objects = objects
	d.screen.Fit()
}

func (d *devices) show(all []notebook.Device) {
	d.col.Objects = nil
	if len(all) == 0 {
		d.col.Add(kit.Plain(words.NoDevices))
	}
	for _, dev := range all {
		d.col.Add(d.card(dev))
	}
	d.col.Add(kit.Link(words.LookAgain, d.ask))
	d.screen.Fit()
}

func (d *devices) card(dev notebook.Device) fyne.CanvasObject {
	sign, color := kit.SignSafe, kit.Safe
	switch {
	case dev.Revoked:
		sign, color = kit.SignReturned, kit.Second
	case dev.Unconfirmed:
		sign, color = kit.SignWrong, kit.Waiting
	case dev.Unsent > 0 || dev.LastSync.IsZero():
		sign, color = kit.SignWaiting, kit.Waiting
	}
	objects := []fyne.CanvasObject{kit.Heading(dev.Owner), kit.Plain(words.DeviceName(dev.Name, dev.Number)),
		kit.State(sign, words.Capital(dev.Text), color)}
	if dev.Unconfirmed {
		confirm := kit.Act(words.ConfirmDevice, nil)
		confirm.OnTapped = func() {
			d.f.Ask(words.ConfirmDeviceTitle(dev.Owner), words.ConfirmDeviceText, words.ConfirmDevice, words.Cancel, func() {
				d.do(confirm, func(ctx context.Context) error { return d.f.Book.ConfirmDevice(ctx, dev.Number) }, words.DeviceConfirmed)
			})
		}
		objects = append(objects, confirm)
	}
	switch {
	case dev.Number == d.own:
		// Whoever revoked it would lose the book that they are looking at.
		objects = append(objects, kit.Lesser(words.ThisDevice))
	case !dev.Revoked:
		revoke := kit.Act(words.RevokeDevice, nil)
		revoke.OnTapped = func() {
			d.f.Ask(words.RevokeDeviceTitle(dev.Owner), words.Sentences(words.DeviceName(dev.Name, dev.Number)+".", words.RevokeDeviceText(dev.Unsent)), words.RevokeDevice, words.Cancel, func() {
				d.do(revoke, func(ctx context.Context) error { return d.f.Book.RevokeDevice(ctx, dev.Number) }, words.DeviceRevoked)
			})
		}
		objects = append(objects, revoke)
	}
	return kit.Paper(objects...)
}

func (d *devices) do(b *kit.Button, work func(context.Context) error, said string) {
	d.f.Do(b, work, func() {
		d.ask()
		d.f.Tell(said)
	})
}
