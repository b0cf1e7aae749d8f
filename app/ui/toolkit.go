package ui

import (
	"encoding/json"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"sodanvan/app/words"
)

// speakVietnamese gives the toolkit Vietnamese words, whatever language the system has: it
// has none of its own and falls back to English.
func speakVietnamese() error {
	b, err := json.Marshal(words.Toolkit)
	if err != nil {
		return err
	}
	for _, l := range []fyne.Locale{"vi", "en", lang.SystemLocale()} {
		if err := lang.AddTranslationsForLocale(b, l); err != nil {
			return err
		}
	}
	return nil
}
