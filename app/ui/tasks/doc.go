// Package tasks has the tab "Việc": what to do today, most pressing first. It opens screens
// of other packages through Deps and imports none of them.
package tasks
