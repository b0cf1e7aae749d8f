// Package viet holds what the product needs to treat Vietnamese text properly:
// normal forms, search keys, comparison of texts, the order of people's names,
// phone numbers, dates and numbers as people in Viet Nam write them.
//
// The app calls it for its search box, lists and forms; the server for the
// importer, the console and reports. Both must give the same answer for the
// same text, which is why the rules live here and nowhere else.
//
// Everything is a pure function, safe for concurrent use, and holds no state.
// Errors never carry the offending text in Error(), so that a log does not
// collect names and phone numbers; their UserMessage does.
package viet
