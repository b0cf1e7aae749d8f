package frame

import "slices"

// Lock puts one screen over all tabs, such as the one that asks for the PIN. What stands
// below stays as it is, a half-written form too, but nothing of it is shown or reached until
// Unlock: questions, menus and choosers over the window are closed without an answer.
func (f *Frame) Lock(s *Screen) {
	switch {
	case f.Locked():
		return // and the way to a new PIN, perhaps half gone, stays too
	case f.tabs == nil:
		f.Only(s)
		return
	}
	f.shut()
	f.below, f.behind = f.tabs, f.at
	f.tabs, f.at, f.single = nil, 0, []*Screen{s}
	f.show()
}

// Locked tells whether Lock covers tabs.
func (f *Frame) Locked() bool { return f.below != nil }

// Unlock shows again what Lock covered; false where nothing is.
func (f *Frame) Unlock() bool {
	if !f.Locked() {
		return false
	}
	f.drop(f.single)
	f.tabs, f.at = f.below, f.behind
	f.below, f.single = nil, nil
	f.show()
	f.counts()
	return true
}

// shut closes what lies over the window without answering it.
func (f *Frame) shut() {
	if f.root.asking() {
		f.root.answer()
	}
	overlays := f.win.Canvas().Overlays()
	for o := overlays.Top(); o != nil; o = overlays.Top() {
		overlays.Remove(o)
	}
}

// clear takes every stack away, also those of tabs out of sight.
func (f *Frame) clear() {
	f.shut()
	f.drop(f.single)
	for _, t := range slices.Concat(f.tabs, f.below) {
		f.drop(t.stack)
	}
	f.tabs, f.below, f.single, f.at = nil, nil, nil, 0
}
