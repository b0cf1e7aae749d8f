package hostile

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/app/syncing"
	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/seal"
	"sodanvan/test/probe"
)

// other is another code with the same public letters.
func otherSecret(c seal.Code) seal.Code {
	c.Secret[0] ^= 1
	return c
}

func TestCodesThatAreNoLongerGood(t *testing.T) {
	c := &clock{}
	tw := probe.NewTown(t, probe.Start(t, probe.Options{Now: c.now}))
	devices := func() int {
		t.Helper()
		ds, err := tw.Registry.AllDevices(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(ds)
	}
	for _, k := range []struct {
		name string
		// spoil makes the code bad; it gives what is on the slip then.
		spoil func(t *testing.T, code seal.Code) seal.Code
		want  pb.ProblemCode // 0: the phone itself finds the server wanting
	}{
		{"a letter of the secret is wrong", func(_ *testing.T, code seal.Code) seal.Code { return otherSecret(code) }, 0},
		{"a code that nobody issued", func(*testing.T, seal.Code) seal.Code { return seal.NewCode(rand.Reader) }, 0},
		{"used for another phone", func(t *testing.T, code seal.Code) seal.Code { tw.Join(t, code); return code }, pb.ProblemCode_PROBLEM_CODE_CODE_USED},
		{"revoked", func(t *testing.T, code seal.Code) seal.Code {
			if err := tw.Registry.RevokeCode(t.Context(), code.ID); err != nil {
				t.Fatal(err)
			}
			return code
		}, pb.ProblemCode_PROBLEM_CODE_CODE_WRONG},
		{"expired", func(_ *testing.T, code seal.Code) seal.Code {
			c.move(14*24*time.Hour + time.Minute)
			return code
		}, pb.ProblemCode_PROBLEM_CODE_CODE_EXPIRED},
	} {
		t.Run(k.name, func(t *testing.T) {
			code := k.spoil(t, tw.Codes(t, tw.Member("Bình")))
			before := devices()
			o := notebook.Options{Dir: filepath.Join(t.TempDir(), "book"), PIN: cheap}
			_, err := notebook.Enrol(t.Context(), o, notebook.Network{}, notebook.Join{Invitation: seal.Invitation{Code: code, Address: tw.URL()}.Text()}, pin)
			said(t, err)
			if k.want != 0 {
				refused(t, err, k.want)
			} else if !errors.Is(err, syncing.ErrImpostor) {
				t.Errorf("%v, want ErrImpostor: the server cannot prove a code that it does not know", err)
			}
			if p, err := store.Peek(t.Context(), o.Dir); err != nil || p.Exists {
				t.Errorf("a refused enrolment left a book: %+v %v", p, err)
			}
			if devices() != before {
				t.Error("a refused enrolment made a device")
			}
			// The next good code still works.
			joined(t, tw.Server, tw.Member("Bình"), store.Options{}, syncing.Options{}).synced(t)
		})
	}
}

// guesser is who knows the four public letters and guesses the rest: it skips the check of
// the server's proof.
func guesser(t testing.TB, s *probe.Server) (rpc.EnrolServiceClient, *probe.Line) {
	line := s.Dial(t, seal.EnrolTLS())
	return rpc.NewEnrolServiceClient(line, s.URL()), line
}

func guess(ctx context.Context, client rpc.EnrolServiceClient, id string) error {
	key, nonce, proof := make([]byte, ed25519.PublicKeySize), make([]byte, 32), make([]byte, 32)
	for _, b := range [][]byte{key, nonce, proof} {
		_, _ = rand.Read(b)
	}
	_, err := client.Join(ctx, connect.NewRequest(&pb.JoinRequest{Code: &id, Nonce: nonce, Proof: proof, DeviceKey: key}))
	return err
}

func TestGuessesKillACode(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	code := tw.Codes(t, tw.Member("Bình"))
	client, _ := guesser(t, tw.Server)
	for range 10 {
		refused(t, guess(t.Context(), client, code.ID), pb.ProblemCode_PROBLEM_CODE_CODE_WRONG)
	}
	_, err := syncing.Enrol(t.Context(), seal.Invitation{Code: code, Address: tw.URL()}, "", "máy thử (bịa)", syncing.Options{})
	refused(t, err, pb.ProblemCode_PROBLEM_CODE_CODE_WRONG)
	// A fresh code for the same member is not touched by that.
	joined(t, tw.Server, tw.Member("Bình"), store.Options{}, syncing.Options{}).synced(t)
}

func TestUnknownAndWrongCodesLookTheSame(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	code := tw.Codes(t, tw.Member("Bình"))
	client, _ := guesser(t, tw.Server)
	nonce := make([]byte, 32)
	ask := func(id string) (*pb.ChallengeResponse, error) {
		out, err := client.Challenge(t.Context(), connect.NewRequest(&pb.ChallengeRequest{Code: &id, Nonce: nonce}))
		if err != nil {
			t.Fatal(err)
		}
		return out.Msg, guess(t.Context(), client, id)
	}
	there, errThere := ask(code.ID)
	none, errNone := ask("ZZZZ")
	if len(there.GetProof()) != len(none.GetProof()) || len(there.GetPins()) != len(none.GetPins()) {
		t.Error("the answer to a challenge tells which codes exist")
	}
	again, _ := ask("ZZZZ")
	if string(again.GetProof()) == "" || len(again.GetProof()) != 32 {
		t.Errorf("no proof for an unknown code: %x", again.GetProof())
	}
	a, b := refused(t, errThere, pb.ProblemCode_PROBLEM_CODE_CODE_WRONG), refused(t, errNone, pb.ProblemCode_PROBLEM_CODE_CODE_WRONG)
	if a.GetSentence() != b.GetSentence() || a.GetRetryAfterS() != b.GetRetryAfterS() {
		t.Errorf("%v and %v tell which codes exist", a, b)
	}
}

// TestAThousandAtOnce: who floods enrolment gets a typed answer; phones that are enrolled
// do not notice; and when the flood is over, a good code works.
func TestAThousandAtOnce(t *testing.T) {
	c := frozen(time.Now())
	tw := probe.NewTown(t, probe.Start(t, probe.Options{Now: c.now}))
	worker := tw.Phone(t, tw.Member("Bình"))
	h := agreedOn(t, worker, "Hộ Bình 1")
	good := tw.Codes(t, tw.Member("Cúc"))

	const calls, atOnce = 1000, 32
	var throttled, wrong, strange atomic.Int64
	var wg sync.WaitGroup
	next := make(chan int)
	ctx, stop := context.WithTimeout(t.Context(), 40*time.Second)
	defer stop()
	for range atOnce {
		client, line := guesser(t, tw.Server)
		wg.Go(func() {
			for n := range next {
				if n%8 == 0 {
					line.CloseIdleConnections() // many come on connections of their own
				}
				switch p := probe.ProblemOf(guess(ctx, client, seal.NewCode(rand.Reader).ID)); {
				case p.GetCode() == pb.ProblemCode_PROBLEM_CODE_THROTTLED && p.GetSentence() != "" && p.GetRetryAfterS() > 0:
					throttled.Add(1)
				case p.GetCode() == pb.ProblemCode_PROBLEM_CODE_CODE_WRONG:
					wrong.Add(1)
				default:
					strange.Add(1)
				}
			}
		})
	}
	synced := 0
	for n := range calls {
		next <- n
		if n%50 == 0 { // in the midst of the flood
			worker.Sync(worker.Visit(worker.ID(), h, "ghi trong lúc đông (bịa)"))
			worker.Stored(worker.Last)
			synced++
		}
	}
	close(next)
	wg.Wait()
	t.Logf("%d refused, %d throttled, %d visits stored meanwhile", wrong.Load(), throttled.Load(), synced)
	// The clock stands: two calls went to the first phone, the burst is 200.
	if wrong.Load() > 200 || throttled.Load() < calls-200 || strange.Load() > 0 {
		t.Errorf("%d refused, %d throttled, %d other answers of %d", wrong.Load(), throttled.Load(), strange.Load(), calls)
	}

	inv := seal.Invitation{Code: good, Address: tw.URL()}
	joining := syncing.NewJoining(inv, "máy thử (bịa)", nil)
	_, err := joining.Enrol(t.Context(), syncing.Options{})
	p := refused(t, err, pb.ProblemCode_PROBLEM_CODE_THROTTLED)
	c.move(time.Duration(p.GetRetryAfterS()) * time.Second)
	if _, err := joining.Enrol(t.Context(), syncing.Options{}); err != nil {
		t.Errorf("after the time that the server gave: %v", err)
	}
}

// TestALostReplyWastesNoCode: the same phone may ask again; another may not.
func TestALostReplyWastesNoCode(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	inv := invitation(t, tw.Server, tw.Member("Bình"))
	j := syncing.NewJoining(inv, "máy thử (bịa)", nil)
	one, err := j.Enrol(t.Context(), syncing.Options{})
	if err != nil {
		t.Fatal(err)
	}
	two, err := j.Enrol(t.Context(), syncing.Options{})
	if err != nil || one.Device != two.Device {
		t.Errorf("asked again: device %d then %d, %v", one.Device, two.Device, err)
	}
	_, err = syncing.Enrol(t.Context(), inv, "", "máy khác (bịa)", syncing.Options{})
	refused(t, err, pb.ProblemCode_PROBLEM_CODE_CODE_USED)
	// Only the newer token is good.
	for token, want := range map[string]pb.ProblemCode{one.Token: pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, two.Token: 0} {
		_, err := tw.Registry.Authenticate(t.Context(), token)
		if want == 0 && err != nil {
			t.Errorf("the new token: %v", err)
		}
		if want != 0 && err == nil {
			t.Error("the token of the lost reply is still good")
		}
	}
}

// lockedOnce is a device secret that the system does not give at the first time.
type lockedOnce struct{ asked int }

func (d *lockedOnce) Secret(context.Context) ([]byte, error) {
	d.asked++
	if d.asked == 1 {
		return nil, errors.New("the keystore is locked")
	}
	return make([]byte, 32), nil
}

// TestASecondPressSpendsNoSecondCode: the server has joined the phone and the phone could
// not make its book; the next press makes it, with the same code and the same device.
func TestASecondPressSpendsNoSecondCode(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	inv := invitation(t, tw.Server, tw.Member("Bình"))
	device := &lockedOnce{}
	o := notebook.Options{Dir: filepath.Join(t.TempDir(), "so"), Device: device, PIN: seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}}
	var attempt notebook.Attempt
	press := func(a *notebook.Attempt) error {
		n, err := notebook.Enrol(t.Context(), o, notebook.Network{}, notebook.Join{Invitation: inv.Code.String(), Address: inv.Address, DeviceName: "máy thử (bịa)", Attempt: a}, "271828")
		if err == nil {
			defer n.Close()
			if got := n.Me().Device; got == 0 {
				t.Error("the book has no device")
			}
		}
		return err
	}
	if err := press(&attempt); err == nil {
		t.Fatal("a book without its device secret was made")
	}
	refused(t, press(nil), pb.ProblemCode_PROBLEM_CODE_CODE_USED)
	if err := press(&attempt); err != nil {
		t.Errorf("the second press: %v", err)
	}
	devices, err := tw.Registry.AllDevices(t.Context())
	if err != nil || len(devices) != 1 {
		t.Errorf("%d devices, %v", len(devices), err)
	}
}
