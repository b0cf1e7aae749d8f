package bench

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"sodanvan/shared/book"
	"sodanvan/shared/lww"
)

// floor writes the bodies as plain upserts, an fsync for 500, and more of the server's
// book-keeping step by step: what a log row an op, a log row a call, and a digest a holder
// cost. It returns the time of one pass over all rows.
func floor(b *testing.B, vs []visit, categories []book.ID, logEach, logCall, digests bool) time.Duration {
	b.Helper()
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "floor.db")+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE rows (id BLOB PRIMARY KEY, seq INTEGER NOT NULL, holder BLOB NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
		CREATE INDEX rows_holder ON rows (holder, seq);
		CREATE TABLE log (device INTEGER, number INTEGER, entry BLOB, PRIMARY KEY (device, number)) WITHOUT ROWID;
		CREATE TABLE digests (holder BLOB PRIMARY KEY, digest INTEGER, rows INTEGER) WITHOUT ROWID`); err != nil {
		b.Fatal(err)
	}
	bodies := make([][]byte, len(vs))
	for i, v := range vs {
		if bodies[i], err = lww.Encode(v.message(categories)); err != nil {
			b.Fatal(err)
		}
	}
	const batch = 500
	entry := make([]byte, 40)
	start := time.Now()
	for at := 0; at < len(vs); at += batch {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			b.Fatal(err)
		}
		put, err := tx.Prepare(`INSERT INTO rows VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, body = excluded.body`)
		if err != nil {
			b.Fatal(err)
		}
		log, err := tx.Prepare(`INSERT INTO log VALUES (?, ?, ?)`)
		if err != nil {
			b.Fatal(err)
		}
		sums := map[book.ID]int64{}
		for i := at; i < min(at+batch, len(vs)); i++ {
			v := vs[i]
			if _, err := put.Exec(v.ID[:], i, v.Household[:], bodies[i]); err != nil {
				b.Fatal(err)
			}
			if logEach {
				if _, err := log.Exec(1, i, entry); err != nil {
					b.Fatal(err)
				}
			}
			sums[v.Household]++
		}
		if logCall {
			if _, err := log.Exec(2, at, make([]byte, batch*len(entry))); err != nil {
				b.Fatal(err)
			}
		}
		if digests {
			for h, n := range sums {
				if _, err := tx.Exec(`INSERT INTO digests VALUES (?, ?, ?) ON CONFLICT (holder) DO UPDATE SET digest = excluded.digest, rows = rows + excluded.rows`, h[:], n, n); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(start)
	var n int
	if err := db.QueryRow(`SELECT count(*) FROM rows`).Scan(&n); err != nil || n != len(vs) {
		b.Fatal(fmt.Errorf("%d rows: %w", n, err))
	}
	return took
}
