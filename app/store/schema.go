package store

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"

	// The driver, under the name "sqlite".
	_ "modernc.org/sqlite"
)

const (
	fileName = "book.db"
	lockName = "book.lock"
)

// schemaVersion is PRAGMA user_version of the books that this app writes. A book with a
// greater one is not opened: an older app would not know what it drops.
//
//	1  the first
//	2  changes may be rows that are offered to a restored server, or gone with their record
//	3  marks; see mark.go. An older book becomes one with its first mark
const schemaVersion = 3

// schema: what stands here in the clear is listed in the package comment.
const schema = `
CREATE TABLE book (
	id      INTEGER PRIMARY KEY CHECK (id = 1),
	name    TEXT    NOT NULL, -- server and device number: part of every AD
	device  INTEGER NOT NULL, -- the number at enrolment
	wrapped BLOB    NOT NULL, -- the book key behind the PIN
	sealed  BLOB    NOT NULL  -- the book key for the server's recovery key
) STRICT;
CREATE TABLE key (
	id      INTEGER PRIMARY KEY,
	wrapped BLOB NOT NULL, -- the key, sealed with the book key
	scope   BLOB NOT NULL  -- what it is for, sealed with itself
) STRICT;
CREATE TABLE row (
	id   INTEGER PRIMARY KEY,
	seq  INTEGER NOT NULL,
	key  INTEGER NOT NULL,
	body BLOB    NOT NULL
) STRICT;
CREATE TABLE op (
	id      INTEGER PRIMARY KEY,
	waiting INTEGER NOT NULL, -- 0; a flag of version 1 that nobody read
	key     INTEGER NOT NULL,
	body    BLOB    NOT NULL
) STRICT;
CREATE TABLE draft (
	id   INTEGER PRIMARY KEY,
	key  INTEGER NOT NULL,
	body BLOB    NOT NULL
) STRICT;
CREATE TABLE state (
	id   INTEGER PRIMARY KEY,
	key  INTEGER NOT NULL,
	body BLOB    NOT NULL
) STRICT;
`

// schemaMark is what version 3 has more than 2; a commit that failed may have made it all the same.
const schemaMark = `
CREATE TABLE IF NOT EXISTS mark (
	id   INTEGER PRIMARY KEY,
	key  INTEGER NOT NULL,
	body BLOB    NOT NULL
) STRICT;
`

// openDB opens the file with the pragmas of a phone. synchronous FULL: with NORMAL a power
// loss takes the last edits. secure_delete: a dropped household is not to stay in free
// pages. temp_store MEMORY: no file beside ours, and Android has no /tmp. One connection:
// reading happens in memory, so there is nothing to wait for.
func openDB(dir string, maxPages int) (*sql.DB, error) {
	return openFile(filepath.Join(dir, fileName), maxPages)
}

func openFile(path string, maxPages int) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"temp_store(MEMORY)", "secure_delete(ON)", "journal_size_limit(4194304)",
	}}
	if maxPages > 0 {
		q.Add("_pragma", "max_page_count("+strconv.Itoa(maxPages)+")")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open book: %w", err)
	}
	dsn := "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + q.Encode()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open book: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}
