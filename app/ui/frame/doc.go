// Package frame is the app's window: a stack of screens for each tab, shown one at a time
// on a phone and side by side where there is room, the bar of tabs, messages, questions,
// and the one place where work leaves the screen's thread and comes back (Go, Load).
// Screens of app/ui/… get a *Frame and nothing else; app/ui makes it.
//
// # Threads
//
// Everything in app/ui runs on Fyne's own goroutine, but for the work of Go, Load and the
// draft keeper: these run elsewhere and touch no widget; what comes after runs in fyne.Do.
// scripts/fynedo checks that no other goroutine is started below app/ui.
package frame
