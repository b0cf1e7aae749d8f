//go:build !ci

package uitest

const golden = false
