// Package desk has the screens of the secretary and the deputy: what waits for a verdict or
// a decision, the members with their codes and households, the devices, and what the branch
// itself writes: notices, initiatives, commendations.
//
// A verdict falls on the version that the user saw: the notebook compares, and where the
// record says something else now it is shown anew instead.
package desk
