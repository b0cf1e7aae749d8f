package sqlite

import (
	"context"
	"database/sql"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// DestroyKeys implements store.Store. The log of server.db is emptied as well: until then it
// holds the sealed rows that were erased.
func (s *Store) DestroyKeys(_ context.Context, households []book.ID) error {
	ids := make([]string, len(households))
	for i, id := range households {
		ids[i] = keyOf(book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: id}, book.ID{})
	}
	if err := s.keys.destroy(ids); err != nil {
		return err
	}
	return truncate(s.readDB)
}

// truncate empties the log beside a file, as far as no reader still needs it; what readers
// need goes with the next one.
func truncate(db *sql.DB) error {
	var busy, log, done int
	return mapError(db.QueryRow(`PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done))
}
