package frame

import (
	"context"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
)

// aside runs work beside the screen's thread, atOnce on it, for tests.
func (f *Frame) aside(work func()) { f.running.Go(work) }
func atOnce(work func())           { work() }

// Go does work that may take time (the disk, a PIN, the network) and then calls done on the
// screen's thread. The context ends with the window.
func (f *Frame) Go(work func(ctx context.Context) error, done func(error)) {
	f.start(func() {
		err := work(f.ctx)
		fyne.Do(func() {
			if f.ctx.Err() == nil {
				done(err)
			}
		})
	})
}

// after does something on the screen's thread when some time has passed; at once where work
// runs at once.
func (f *Frame) after(d time.Duration, do func()) {
	if f.inline {
		do()
		return
	}
	f.Go(func(ctx context.Context) error {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
		return nil
	}, func(error) { do() })
}

// Load reads off the screen's thread and shows on it.
func Load[T any](f *Frame, read func() T, show func(T)) {
	var got T
	f.Go(func(context.Context) error {
		got = read()
		return nil
	}, func(error) { show(got) })
}

// Do does an action: the button rests meanwhile so that nothing is done twice, an error is
// said, and after a success every screen looks at the book anew.
func (f *Frame) Do(button fyne.Disableable, work func(ctx context.Context) error, done func()) {
	if button != nil {
		button.Disable()
	}
	f.Go(work, func(err error) {
		if button != nil {
			button.Enable()
		}
		if err != nil {
			f.Fail(err)
			return
		}
		f.Changed()
		if done != nil {
			done()
		}
	})
}

// Follow runs something for as long as the window is there, such as the sync loop, and
// hands what it reports to the screen's thread, the newest only where it is slower. The
// returned func ends it and waits for it.
func (f *Frame) Follow(run func(context.Context, func(notebook.Progress)), show func(notebook.Progress)) context.CancelFunc {
	ctx, cancel := context.WithCancel(f.ctx)
	var last atomic.Pointer[notebook.Progress]
	ended := make(chan struct{})
	f.start(func() {
		defer close(ended)
		run(ctx, func(p notebook.Progress) {
			if last.Swap(&p) != nil {
				return // one is on its way and will take this
			}
			fyne.Do(func() {
				if p := last.Swap(nil); p != nil && f.ctx.Err() == nil {
					show(*p)
				}
			})
		})
	})
	return func() {
		cancel()
		<-ended
	}
}
