package book

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPetitionNumber(t *testing.T) {
	for _, tc := range []struct {
		device, counter uint32
		want            string
	}{
		{0, 0, "A0-000"}, {1, 1, "A1-001"}, {67, 42, "M7-042"}, {129, 999, "Y9-999"},
		{130, 1000, "A1A0-1000"}, {1<<32 - 1, 1<<32 - 1, ""},
	} {
		got := PetitionNumber(tc.device, tc.counter)
		if !strings.HasPrefix(got, tc.want) || tc.want != "" && len(got) != len(tc.want)+1 {
			t.Errorf("PetitionNumber(%d, %d) = %s, want %s and a check symbol", tc.device, tc.counter, got, tc.want)
		}
		if again, err := CheckPetitionNumber(got); err != nil || again != got {
			t.Errorf("CheckPetitionNumber(%s) = %s, %v", got, again, err)
		}
	}
}

func TestCheckPetitionNumber(t *testing.T) {
	number := PetitionNumber(67, 10) // M7-010 and a check symbol
	check := number[len(number)-1:]
	for _, typed := range []string{number, strings.ToLower(number), "M7010" + check, " M7 - 010" + check + " ", "m7.010." + check, "M7-O1O" + check, "M7-0I0" + check, "m7-0l0" + check} {
		if got, err := CheckPetitionNumber(typed); err != nil || got != number {
			t.Errorf("%q: %q %v, want %q", typed, got, err, number)
		}
	}
	for _, typed := range []string{"", "M7", "M7-", "7M-010" + check, "M7-10" + check, "M7-0010" + check, "M7-010", "B7-010" + check, "M7-010" + check + check, "77-010" + check, "Đ7-010" + check, strings.Repeat("M7", 40), "M7-99999999999" + check} {
		if got, err := CheckPetitionNumber(typed); !errors.Is(err, ErrPetitionNumber) {
			t.Errorf("%q: %q %v", typed, got, err)
		}
	}
}

// TestNumberFindsMistakes: any one wrong symbol, and any swap of two different neighbours.
func TestNumberFindsMistakes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		device := rapid.OneOf(rapid.Uint32Range(0, 20000), rapid.Uint32()).Draw(rt, "device")
		counter := rapid.OneOf(rapid.Uint32Range(0, 20000), rapid.Uint32()).Draw(rt, "counter")
		number := PetitionNumber(device, counter)
		if strings.ContainsAny(number, "BDGIJLOQSUVWZ") {
			rt.Fatalf("%s has a letter that is read wrong", number)
		}
		plain := []byte(strings.Replace(number, "-", "", 1))
		if got, err := CheckPetitionNumber(string(plain)); err != nil || got != number {
			rt.Fatalf("%s: %s %v", plain, got, err)
		}
		for i := range plain {
			for _, c := range []byte(numberSymbols) {
				wrong := append([]byte(nil), plain...)
				if wrong[i] = c; c == plain[i] {
					continue
				}
				if got, err := CheckPetitionNumber(string(wrong)); err == nil {
					rt.Fatalf("%s passes for %s: %s", wrong, plain, got)
				}
			}
			if i > 0 && plain[i] != plain[i-1] {
				wrong := append([]byte(nil), plain...)
				wrong[i], wrong[i-1] = wrong[i-1], wrong[i]
				if got, err := CheckPetitionNumber(string(wrong)); err == nil {
					rt.Fatalf("%s passes for %s: %s", wrong, plain, got)
				}
			}
		}
	})
}

func TestNumbersOfDevicesDiffer(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := rapid.Uint32().Draw(rt, "a"), rapid.Uint32().Draw(rt, "b")
		m, n := rapid.Uint32().Draw(rt, "m"), rapid.Uint32().Draw(rt, "n")
		if (PetitionNumber(a, m) == PetitionNumber(b, n)) != (a == b && m == n) {
			rt.Fatalf("%d %d and %d %d", a, m, b, n)
		}
	})
}

func FuzzCheckPetitionNumber(f *testing.F) {
	f.Add("M7-0421")
	f.Add(PetitionNumber(3, 42))
	f.Fuzz(func(t *testing.T, s string) {
		number, err := CheckPetitionNumber(s)
		if err != nil {
			return
		}
		if again, err := CheckPetitionNumber(number); err != nil || again != number {
			t.Errorf("%q gives %q, which gives %q %v", s, number, again, err)
		}
	})
}
