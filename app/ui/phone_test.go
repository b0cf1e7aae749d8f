//go:build mobile

package ui

// mobile: the test binary has the phone's driver.
const mobile = true
