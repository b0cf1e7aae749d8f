package notebook

// Forget drops what is kept from one snapshot to the next, as if the book had just been opened.
func (n *Notebook) Forget() {
	n.list.Store(nil)
	n.queue.Store(nil)
}

// SetSpace sets how much room is left.
func (n *Notebook) SetSpace(space func() (uint64, error)) { n.space = space }

// CheckDir is what a system says of a folder.
var CheckDir = checkDir

// Failure is what a check tells of an error.
var Failure = failure

// Believed is the time that is believed.
var Believed = believed
