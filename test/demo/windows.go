package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
	"sodanvan/test/window"
)

// shots is where the demo keeps its pictures.
const shots = "build/screenshots"

// windows opens the member's and the secretary's books in the real app, side by side, while
// the server runs. Where there is a display they stay until they are closed; else they are
// shown on a display of the demo's own, something is recorded in one and seen in the other,
// and the pictures are kept.
func windows(s *stage, t *told) error {
	chapter("Hai cửa sổ, cùng một máy chủ")
	if s.running == nil { // the check looked at its files in peace
		if err := s.startServer(); err != nil {
			return err
		}
	}
	pin := filepath.Join(s.dir, "ma-mo-so")
	if err := os.WriteFile(pin, []byte(passphrase+"\n"), 0o600); err != nil {
		return err
	}
	if os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" {
		return onScreen(s, t, pin)
	}
	if missing := window.Missing(); len(missing) > 0 {
		say("Demo", "máy này không có màn hình, cũng không có "+strings.Join(missing, ", ")+": bỏ qua phần cửa sổ", "")
		return nil
	}
	say("Demo", "máy này không có màn hình: mở cửa sổ trên màn hình ảo rồi chụp lại", "")
	return inPictures(s, t, pin)
}

// onScreen shows the windows to a person.
func onScreen(s *stage, t *told, pin string) error {
	app := filepath.Join(s.dir, "app")
	if out, err := exec.CommandContext(s.ctx, "go", "build", "-tags", "migrated_fynedo", "-o", app, "./app").CombinedOutput(); err != nil {
		return fmt.Errorf("build ./app: %w\n%s", err, out)
	}
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	ended := make(chan error, 2)
	for _, p := range []*person{t.second, t.secretary} {
		cmd := exec.CommandContext(ctx, app, "--book", p.dir, "--pin-file", pin, "--title", "Sổ Dân Vận – đ/c "+p.name+" ("+p.role+")")
		if p == t.second {
			cmd.Args = append(cmd.Args, "--phone")
		}
		cmd.Stdout, cmd.Stderr = &s.log, &s.log
		if err := cmd.Start(); err != nil {
			return err
		}
		go func() { ended <- cmd.Wait() }()
	}
	say("Đ/c "+t.second.name, "mở sổ trong cửa sổ cỡ điện thoại", "")
	say("Đ/c "+t.secretary.name, "mở sổ trong cửa sổ cỡ máy bàn", "")
	fmt.Println("Hai sổ gửi nhận với máy chủ của bản thử này. Ghi thử một lượt tiếp xúc; đóng cả hai cửa sổ để kết thúc.")
	for range 2 {
		select {
		case <-ended:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// inPictures shows them on a display of its own.
func inPictures(s *stage, t *told, pin string) error {
	app := filepath.Join(s.dir, "app")
	if err := window.Build(s.ctx, app, false, false); err != nil {
		return err
	}
	d, err := window.OpenDisplay(1560, 860)
	if err != nil {
		return err
	}
	defer d.Close()
	open := func(p *person, x, w int) (*window.App, error) {
		return d.Start(window.Launch{Name: filepath.Base(p.dir), Binary: app, Args: []string{"--book", p.dir, "--pin-file", pin}, X: x, W: w, H: 860})
	}
	member, err := open(t.second, 0, 400)
	if err != nil {
		return err
	}
	defer member.Kill()
	secretary, err := open(t.secretary, 410, 1150)
	if err != nil {
		return err
	}
	defer secretary.Kill()
	say("Đ/c "+t.second.name, "mở sổ trong cửa sổ cỡ điện thoại", "")
	say("Đ/c "+t.secretary.name, "mở sổ trong cửa sổ cỡ máy bàn", "")
	if err := member.Wait(words.MyHouseholds); err != nil {
		return err
	}
	if err := secretary.Wait(words.MyHouseholds); err != nil {
		return err
	}
	if err := d.Shot(filepath.Join(shots, "demo-1.png")); err != nil {
		return err
	}
	if err := visitInWindow(member, t); err != nil {
		return err
	}
	say("Đ/c "+t.second.name, "ghi một lượt tiếp xúc trong cửa sổ", words.AllSafe)
	if err := queueInWindow(secretary, t); err != nil {
		return err
	}
	say("Đ/c "+t.secretary.name, "thấy lượt ấy trong danh sách chờ duyệt", words.Stored)
	if err := d.Shot(filepath.Join(shots, "demo-2.png")); err != nil {
		return err
	}
	say("Demo", "ảnh: "+shots+"/demo-1.png, "+shots+"/demo-2.png", "")
	return nil
}

// visitInWindow looks a household up without accents and records that nobody was met, which
// needs no consent.
func visitInWindow(member *window.App, t *told) error {
	if err := member.Type(words.Search, viet.SearchKey(t.movedHead)); err != nil {
		return err
	}
	for _, text := range []string{t.movedHead, words.RecordVisit, words.Capital(book.Label(pb.Contact_CONTACT_NOBODY_MET)), words.Done} {
		if err := member.Tap(text); err != nil {
			return err
		}
	}
	if err := member.Wait(words.Written); err != nil {
		return err
	}
	// The window sends by itself after a save; its page says when all is safe.
	for _, text := range []string{words.Close, words.Back, words.TabSync} {
		if err := member.Tap(text); err != nil {
			return err
		}
	}
	return member.Wait(words.AllSafe)
}

// queueInWindow opens what waits of the member at the secretary's desk; it comes with the
// next sync, which the button hurries.
func queueInWindow(secretary *window.App, t *told) error {
	for _, text := range []string{words.TabSync, words.SendNow, words.TabTasks, words.Desk, words.ReviewQueue, t.second.name} {
		if err := secretary.Tap(text); err != nil {
			return err
		}
	}
	return secretary.Wait(t.movedHead)
}
