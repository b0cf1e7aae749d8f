//go:build ci

package uitest

const golden = true
