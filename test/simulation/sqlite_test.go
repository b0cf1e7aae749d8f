package simulation

import (
	"database/sql"
	"path/filepath"
)

// integrity is what SQLite finds in a closed file.
func integrity(path string) (found string) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return err.Error()
	}
	defer db.Close()
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&found); err != nil {
		return err.Error()
	}
	return found
}

// pagesOf is how many pages a file has, with those that its log still holds.
func pagesOf(dir, name string) (n int) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, name))
	if err != nil {
		return 0
	}
	defer db.Close()
	if err := db.QueryRow("PRAGMA page_count").Scan(&n); err != nil {
		return 0
	}
	return n
}
