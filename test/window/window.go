// Package window runs the real app in a real window on a display of its own (Xvfb) and
// drives it as a hand would, with xdotool: it looks for a button by what stands on it,
// moves the pointer there and clicks, and types key by key. Where things stand the app
// says itself, built with the tag walk (app/ui/outline). Used by this package's tests, by
// test/demo and by make screenshots.
package window

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sodanvan/app/ui/outline"
	"sodanvan/test/capture"
)

// patience is how long a window may take to show what is looked for. A machine that also
// compiles is slow; nobody measures with it.
const patience = 60 * time.Second

// Display is an X server of its own.
type Display struct {
	Name string
	cmd  *exec.Cmd
	dir  string
}

// Missing names the programs that are not installed; nil: a display can be opened.
func Missing() []string {
	var out []string
	for _, p := range []string{"Xvfb", "xdotool", "import"} {
		if _, err := exec.LookPath(p); err != nil {
			out = append(out, p)
		}
	}
	return out
}

// OpenDisplay starts Xvfb on a free display.
func OpenDisplay(width, height int) (*Display, error) {
	dir, err := os.MkdirTemp("", "sodanvan-window-")
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	d := &Display{dir: dir, cmd: exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height), "-nolisten", "tcp", "-noreset")}
	d.cmd.ExtraFiles = []*os.File{w}
	if err := d.cmd.Start(); err != nil {
		w.Close()
		return nil, fmt.Errorf("start Xvfb: %w", err)
	}
	w.Close()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		d.Close()
		return nil, fmt.Errorf("no display named by Xvfb: %w", err)
	}
	d.Name = ":" + strings.TrimSpace(line)
	return d, nil
}

// Close ends the display.
func (d *Display) Close() {
	if d.cmd.Process != nil {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		_ = d.cmd.Wait()
	}
	os.RemoveAll(d.dir)
}

// run runs a program on the display and gives what it prints.
func (d *Display) run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+d.Name)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// Shot writes a picture of the whole display.
func (d *Display) Shot(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	_, err := d.run("import", "-window", "root", file)
	return err
}

// windows lists the visible windows.
func (d *Display) windows() []string {
	out, err := d.run("xdotool", "search", "--onlyvisible", "--name", "")
	if err != nil {
		return nil
	}
	return strings.Fields(out)
}

// App is a running app with its window.
type App struct {
	Name string
	d    *Display
	cmd  *exec.Cmd
	log  capture.Text
	sock string
	id   string
	x, y int
	// keyless: the driver takes no keys from X; see outline.Question.
	keyless bool
	end     chan error
}

// Launch says how an app is started.
type Launch struct {
	Name   string // for messages and sockets
	Binary string
	Args   []string
	Env    []string
	// X, Y, W and H place the window; W 0 leaves its size.
	X, Y, W, H int
	// Home keeps the app's preferences; "" a new one.
	Home string
	// Phone: built for the phone's driver.
	Phone bool
}

// Start starts an app and waits for its window.
func (d *Display) Start(l Launch) (*App, error) {
	a := &App{Name: l.Name, d: d, sock: filepath.Join(d.dir, fmt.Sprintf("%s-%d.sock", l.Name, time.Now().UnixNano())), x: l.X, y: l.Y, keyless: l.Phone, end: make(chan error, 1)}
	home := l.Home
	if home == "" {
		home = filepath.Join(d.dir, "home-"+l.Name)
	}
	if err := os.MkdirAll(filepath.Join(home, ".cache"), 0o700); err != nil {
		return nil, err
	}
	before := d.windows()
	a.cmd = exec.Command(l.Binary, l.Args...)
	a.cmd.Env = append(append(os.Environ(), "DISPLAY="+d.Name, "SODANVAN_OUTLINE="+a.sock, "FYNE_SCALE=1", "FYNE_THEME=light",
		"LANG=vi_VN.UTF-8", "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "XDG_RUNTIME_DIR="+d.dir), l.Env...)
	a.cmd.Stdout, a.cmd.Stderr = &a.log, &a.log
	if err := a.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { a.end <- a.cmd.Wait() }()
	if err := a.until(func() (bool, error) {
		for _, id := range d.windows() {
			if !slices.Contains(before, id) {
				a.id = id
				return true, nil
			}
		}
		return false, nil
	}); err != nil {
		a.Kill()
		return nil, fmt.Errorf("%s shows no window: %w\n%s", l.Name, err, a.log.String())
	}
	if _, err := d.run("xdotool", "windowmove", a.id, strconv.Itoa(l.X), strconv.Itoa(l.Y)); err != nil {
		return nil, err
	}
	if l.W > 0 {
		if err := a.Resize(l.W, l.H); err != nil {
			return nil, err
		}
	}
	if err := a.focus(); err != nil {
		return nil, err
	}
	return a, a.until(func() (bool, error) {
		s, err := a.Look()
		if err != nil || len(s.Items) == 0 {
			return false, nil
		}
		// The desk's driver sets a size of its own when it begins: asked for until it holds.
		if l.W == 0 || l.Phone || int(s.W*s.Scale+0.5) == l.W && int(s.H*s.Scale+0.5) == l.H {
			return true, nil
		}
		return false, a.Resize(l.W, l.H)
	})
}

// focus gives the window the keyboard: there is no window manager to do it.
func (a *App) focus() error {
	_, err := a.d.run("xdotool", "windowfocus", a.id)
	return err
}

// Log gives what the app printed.
func (a *App) Log() string { return a.log.String() }

// until polls until something is so, or patience ends, or the app ends.
func (a *App) until(so func() (bool, error)) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(60 * time.Millisecond) {
		ok, err := so()
		if ok || err != nil {
			return err
		}
		select {
		case err := <-a.end:
			a.end <- err
			return fmt.Errorf("the app ended: %v\n%s", err, a.log.String())
		default:
		}
	}
	return errors.New("nothing happened in time")
}

// Look gives what the window shows now.
func (a *App) Look() (outline.Shown, error) { return a.ask(outline.Question{}) }

func (a *App) ask(q outline.Question) (outline.Shown, error) {
	var s outline.Shown
	c, err := net.Dial("unix", a.sock)
	if err != nil {
		return s, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if err := json.NewEncoder(c).Encode(q); err != nil {
		return s, err
	}
	err = json.NewDecoder(c).Decode(&s)
	return s, err
}

// Text gives all that can be read.
func (a *App) Text() string {
	s, err := a.Look()
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, it := range s.Items {
		fmt.Fprintf(&b, "%s «%s»", it.Kind, it.Label)
		if it.Value != "" {
			fmt.Fprintf(&b, " = «%s»", it.Value)
		}
		if !it.InSight {
			b.WriteString(" (out of sight)")
		}
		if it.Disabled {
			b.WriteString(" (off)")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// find gives the item that a hand would go for: the last, which is in front, of those that
// say exactly that, else of those that contain it.
func find(s outline.Shown, text string, kinds ...outline.Kind) (found outline.Item, ok bool) {
	exact := false
	for _, it := range s.Items {
		if !slices.Contains(kinds, it.Kind) || it.Disabled {
			continue
		}
		switch {
		case it.Label == text || it.Kind == outline.Field && it.Hint == text:
			found, ok, exact = it, true, true
		case !exact && text != "" && strings.Contains(it.Label, text):
			found, ok = it, true
		}
	}
	return found, ok
}

// Wait waits until every text stands in the window.
func (a *App) Wait(texts ...string) error {
	for _, t := range texts {
		if err := a.until(func() (bool, error) {
			s, err := a.Look()
			if err != nil {
				return false, nil
			}
			for _, it := range s.Items {
				if strings.Contains(it.Label, t) || strings.Contains(it.Value, t) {
					return true, nil
				}
			}
			return false, nil
		}); err != nil {
			return fmt.Errorf("%s: «%s» does not come: %w\n%s", a.Name, t, err, a.Text())
		}
	}
	return nil
}

// Tap clicks what says text: a button or a field, else just these words, scrolled into
// sight first.
func (a *App) Tap(text string) error {
	return a.tap(text, func(s outline.Shown) (outline.Item, bool) {
		if it, ok := find(s, text, outline.Button, outline.Field); ok {
			return it, true
		}
		it, ok := find(s, text, outline.Text)
		return it, ok && it.Label == text // a sentence may name the button that is to come
	})
}

// TapLine clicks a line of which part is known, such as a row of a list.
func (a *App) TapLine(part string) error {
	return a.tap(part, func(s outline.Shown) (outline.Item, bool) { return find(s, part, outline.Button, outline.Text) })
}

func (a *App) tap(text string, get func(outline.Shown) (outline.Item, bool)) error {
	var at outline.Item
	var scale float32
	tries := 0
	err := a.until(func() (bool, error) {
		s, err := a.Look()
		if err != nil {
			return false, nil
		}
		it, ok := get(s)
		if !ok {
			return false, nil
		}
		if !it.InSight {
			tries++
			if tries > 60 {
				return false, errors.New("it cannot be scrolled into sight")
			}
			return false, a.drag(s, it)
		}
		// It stands still: twice at the same place.
		if it.X == at.X && it.Y == at.Y && at.W > 0 {
			scale = s.Scale
			return true, nil
		}
		at = it
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("%s: tap «%s», last seen at %g, %g (%g x %g): %w\n%s", a.Name, text, at.X, at.Y, at.W, at.H, err, a.Text())
	}
	x, y := a.pixel(scale, at.X+at.W/2, at.Y+at.H/2)
	if err := a.focus(); err != nil {
		return err
	}
	if _, err = a.d.run("xdotool", "mousemove", x, y); err != nil {
		return err
	}
	time.Sleep(50 * time.Millisecond)
	if _, err = a.d.run("xdotool", "mousedown", "1"); err != nil {
		return err
	}
	time.Sleep(60 * time.Millisecond)
	_, err = a.d.run("xdotool", "mouseup", "1")
	time.Sleep(150 * time.Millisecond)
	return err
}

func (a *App) pixel(scale, x, y float32) (string, string) {
	return strconv.Itoa(a.x + int(x*scale)), strconv.Itoa(a.y + int(y*scale))
}

// drag scrolls towards an item with the wheel, and with a finger where there is no wheel.
func (a *App) drag(s outline.Shown, to outline.Item) error {
	x := min(max(to.X+to.W/2, 20), s.W-20)
	if to.W == 0 {
		x = s.W / 2
	}
	down := to.Y > s.H/2
	px, py := a.pixel(s.Scale, x, s.H/2)
	if _, err := a.d.run("xdotool", "mousemove", px, py); err != nil {
		return err
	}
	wheel := "4"
	step := float32(140)
	if down {
		wheel, step = "5", -140
	}
	if _, err := a.d.run("xdotool", "click", wheel); err != nil {
		return err
	}
	after, err := a.Look()
	if err != nil {
		return nil
	}
	for _, it := range after.Items {
		if it.Label == to.Label && it.Kind == to.Kind && it.Y != to.Y {
			return nil // the wheel moved it
		}
	}
	_, ey := a.pixel(s.Scale, x, s.H/2+step)
	for _, c := range [][]string{{"mousedown", "1"}, {"mousemove", px, ey}, {"mouseup", "1"}} {
		if _, err := a.d.run("xdotool", c...); err != nil {
			return err
		}
		time.Sleep(60 * time.Millisecond)
	}
	time.Sleep(300 * time.Millisecond)
	return nil
}

// Type taps a field and types keys into it, one by one.
func (a *App) Type(field, keys string) error {
	if err := a.tap(field, func(s outline.Shown) (outline.Item, bool) { return find(s, field, outline.Field) }); err != nil {
		return err
	}
	if err := a.until(func() (bool, error) {
		s, err := a.Look()
		if err != nil {
			return false, nil
		}
		it, ok := find(s, field, outline.Field)
		return ok && it.Focused, nil
	}); err != nil {
		return fmt.Errorf("%s: «%s» does not take the focus: %w\n%s", a.Name, field, err, a.Text())
	}
	return a.Keys(keys)
}

// Keys types to whatever has the focus.
func (a *App) Keys(keys string) error {
	if a.keyless {
		for _, r := range keys {
			if _, err := a.ask(outline.Question{Keys: string(r)}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := a.focus(); err != nil {
		return err
	}
	_, err := a.d.run("xdotool", "type", "--delay", "45", keys)
	return err
}

// Key presses one key by its X name that is Fyne's too, such as Escape.
func (a *App) Key(name string) error {
	if a.keyless {
		_, err := a.ask(outline.Question{Key: name})
		return err
	}
	if err := a.focus(); err != nil {
		return err
	}
	_, err := a.d.run("xdotool", "key", name)
	return err
}

// Clear empties a field with the backspace key.
func (a *App) Clear(field string) error {
	s, err := a.Look()
	if err != nil {
		return err
	}
	it, _ := find(s, field, outline.Field)
	for range []rune(it.Value) {
		if err := a.Key("BackSpace"); err != nil {
			return err
		}
	}
	return a.Value(field, "")
}

// Value waits until a field holds a text.
func (a *App) Value(field, want string) error {
	var got string
	if err := a.until(func() (bool, error) {
		s, err := a.Look()
		if err != nil {
			return false, nil
		}
		it, ok := find(s, field, outline.Field)
		got = it.Value
		return ok && got == want, nil
	}); err != nil {
		return fmt.Errorf("%s: «%s» holds «%s», not «%s»: %w", a.Name, field, got, want, err)
	}
	return nil
}

// Resize gives the window another size, as a rotation does.
func (a *App) Resize(w, h int) error {
	_, err := a.d.run("xdotool", "windowsize", a.id, strconv.Itoa(w), strconv.Itoa(h))
	return err
}

// Wheel turns the wheel towards the end over a text that is in sight, so many clicks; over
// no text: in the middle of the window.
func (a *App) Wheel(over string, clicks int) error {
	s, err := a.Look()
	if err != nil {
		return err
	}
	x, y := s.W/2, s.H/2
	for _, it := range s.Items {
		if over != "" && it.InSight && strings.Contains(it.Label, over) {
			x, y = it.X+it.W/2, it.Y+it.H/2
		}
	}
	px, py := a.pixel(s.Scale, x, y)
	if _, err := a.d.run("xdotool", "mousemove", px, py); err != nil {
		return err
	}
	_, err = a.d.run("xdotool", "click", "--repeat", strconv.Itoa(clicks), "--delay", "15", "5")
	return err
}

// Shot writes a picture of the window.
func (a *App) Shot(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	_, err := a.d.run("import", "-window", a.id, file)
	return err
}

// Kill ends the app at once, as a phone does.
func (a *App) Kill() {
	_ = a.cmd.Process.Kill()
	a.end <- <-a.end
}

// Close closes the app as its user would, and gives how it ended.
func (a *App) Close() error {
	_ = a.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-a.end:
		a.end <- err
		return err
	case <-time.After(patience):
		a.Kill()
		return errors.New("the app does not end")
	}
}

// Build builds the app for these tests: with the tag walk, and mobile for the phone's
// driver; race looks for data races.
func Build(ctx context.Context, out string, mobile, race bool) error {
	tags := "walk,migrated_fynedo"
	if mobile {
		tags += ",mobile"
	}
	args := []string{"build", "-o", out, "-tags", tags}
	if race {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "sodanvan/app")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if b, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the app: %w\n%s", err, b)
	}
	return nil
}

// PID is the app's process.
func (a *App) PID() int { return a.cmd.Process.Pid }
