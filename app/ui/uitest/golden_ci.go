//go:build ci && !mobile

package uitest

const golden = true
