// Package kit is what the screens are made of: the theme (warm paper, one strong colour,
// big words), and the widgets that Fyne lacks or draws too small for old eyes and thumbs.
// Screens of app/ui/… use it; it knows nothing of the book.
//
// # Height for width
//
// Text here wraps, nothing is cut with an ellipsis, so a widget's height depends on the
// width that it gets. Fyne asks for the smallest size before it gives a width; the layouts
// of this package (Column, Beside, Flow, Scroll) therefore give the width first and ask
// then. Build pages from them only, and call Fit after a change that adds or removes lines.
package kit
