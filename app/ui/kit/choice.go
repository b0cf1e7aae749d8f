package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Choice is a set of chips of which one can be chosen, or none; Many any number. A chosen
// chip has a mark, a border and bold words, not only another colour.
type Choice struct {
	widget.BaseWidget
	// OnChanged is called after a user chose.
	OnChanged func()

	many  bool
	keep  bool
	chips []*Button
	on    []bool
	flow  *fyne.Container
}

// NewChoice makes chips for one of some options; none is chosen. Tapping the chosen one
// again takes the choice back unless Keep was called.
func NewChoice(options ...string) *Choice { return newChoice(false, options) }

// NewMany makes chips for any number of options.
func NewMany(options ...string) *Choice { return newChoice(true, options) }

func newChoice(many bool, options []string) *Choice {
	c := &Choice{many: many, on: make([]bool, len(options))}
	for i, o := range options {
		c.chips = append(c.chips, NewButton(o, Ordinary, func() { c.tapped(i) }))
	}
	objects := make([]fyne.CanvasObject, len(c.chips))
	for i, b := range c.chips {
		objects[i] = b
	}
	c.flow = Flow(objects...)
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer is Fyne's.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.flow) }

// Keep makes a choice that can be changed but not taken back.
func (c *Choice) Keep() *Choice { c.keep = true; return c }

func (c *Choice) tapped(i int) {
	was := c.on[i]
	if was && c.keep {
		return
	}
	if !c.many {
		clear(c.on)
	}
	c.on[i] = !was
	c.show()
	if c.OnChanged != nil {
		c.OnChanged()
	}
}

func (c *Choice) show() {
	for i, b := range c.chips {
		if b.chosen == c.on[i] {
			continue
		}
		b.chosen = c.on[i]
		if b.chosen {
			b.SetSign(SignSafe)
		} else {
			b.sign = nil
		}
		b.dress()
		b.Refresh()
	}
	c.flow.Refresh()
}

// Choose sets what is chosen, without OnChanged; an index out of range chooses nothing.
func (c *Choice) Choose(is ...int) {
	clear(c.on)
	for _, i := range is {
		if i >= 0 && i < len(c.on) {
			c.on[i] = true
		}
	}
	c.show()
}

// Chosen gives the one that is chosen, or -1.
func (c *Choice) Chosen() int {
	for i, on := range c.on {
		if on {
			return i
		}
	}
	return -1
}

// All gives all that are chosen, in order.
func (c *Choice) All() []int {
	var is []int
	for i, on := range c.on {
		if on {
			is = append(is, i)
		}
	}
	return is
}
