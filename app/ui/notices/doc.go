// Package notices has the tab "Báo": the notices that members read and carry to households.
package notices
