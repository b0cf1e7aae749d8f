// Package typing composes Vietnamese from the keys of a plain keyboard, as
// Telex or as VNI. The app's entries call it for every key, because the toolkit
// under them takes no composed text from the system on most desks, and what the
// system's own programs send through it loses letters.
//
// The entry knows the text and the caret, the Composer only the word being
// typed. It looks at no more than the last word (and a bounded piece before it,
// for addresses), so that a key costs the same in a long text as in a short one.
//
// What comes out, and what was chosen where habits differ:
//
//   - Tone marks stand where most newspapers, papers of identity and keyboards
//     put them (the old place): hòa, khỏe, thủy; but hoàn, quý, thuở. Searching
//     and comparing in package viet take hoà for hòa.
//   - Marks and tones may be typed anywhere behind their vowel: "tieengs",
//     "tiengse" and "tieesng" give tiếng; "nguoiwf" gives người.
//   - A key typed twice takes its mark back and stands itself: "ass" is as, and
//     the rest of that word is taken as typed. "xooong" is xoong, "sooocs" soóc.
//   - A word that cannot become a syllable turns back into its keys at once:
//     facebook, wifi, excel, https. What is a syllable by chance does not: "test"
//     gives tét, as on every Vietnamese keyboard; type "tesst".
//   - The last vowel of photo, oto and data marks nothing until a tone follows
//     ("motoj" is một), as syllables in c, ch, p, t have one.
//   - w alone is ư (Telex). It turns back in wifi and web at once, in wc and wow
//     when the word ends. Right behind a digit it stays (5W).
//   - đ stands in abbreviations too: HĐND, sđt, QĐ. Words in capitals keep it
//     even where they have vowels (BAĐ).
//   - Names of the Central Highlands keep their marks where the syllable begins
//     with a listed pair of consonants (Krông, Mlô); others (Êban, Kbuôr in
//     Telex) come out as typed and must be pasted or composed by the system.
//   - Digits in VNI are keys only behind a letter: 12, 05/12, 0912345678, K7-0421
//     and covid19 stay. Behind a digit a single vowel is no word (12A1), but d9 is
//     money (50.000đ). A1 and "nam2024" cannot be told from á and nàm: type A11,
//     or a blank before the number.
//   - E-mail and web addresses stay as typed: behind "@", "://" and "www."
//     nothing is composed, and "@" gives the word before it its keys back.
//   - Letters that another program has composed may arrive instead of keys, also
//     as combining marks: they are put together in NFC, and typed on.
//
// Backspace takes one visible letter and cannot move a tone mark: hoàn becomes
// hoà until the next key of the word. Words of more than 24 letters are no
// Vietnamese and pass as they are.
//
// The rules of the two methods come from bamboo-core. What the package does
// around it, and why:
//
//   - its spelling check cuts a word into pieces and composes the last one
//     (nguyenvana, facebook), so the whole word is checked here, with a wider
//     table of syllables;
//   - it cannot move a tone within letters that are composed already, so a word
//     that stands in the text is first turned back into keys, and left alone if
//     these do not compose it;
//   - it loses sight of typed keys when a letter is deleted, so after Backspace
//     the word is taken from the text;
//   - it composes on behind a key that was taken back, hence the literal rest.
//
// Panics were looked for with random keys, and none was found.
package typing
