-- The server's database, version 1. Bodies are sealed; what stands in clear is ids, dates,
-- codes, counts. A holder is its kind (one byte) followed by its id.
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE units (
  id BLOB PRIMARY KEY, commune BLOB NOT NULL, seq INTEGER NOT NULL,
  digest INTEGER NOT NULL, rows INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE holders (
  holder BLOB PRIMARY KEY, unit BLOB NOT NULL, digest INTEGER NOT NULL, rows INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE rows (
  n INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  unit BLOB NOT NULL, holder BLOB NOT NULL, phase INTEGER NOT NULL, seq INTEGER NOT NULL,
  kind INTEGER NOT NULL, subject BLOB, author BLOB,
  sealed BLOB NOT NULL
);
-- A secretary reads by branch, everyone else by holder; the phase puts households and members first.
CREATE INDEX rows_unit ON rows (unit, phase, seq);
CREATE INDEX rows_holder ON rows (holder, phase, seq);
-- Steps, reviews and consents are found by what they are about.
CREATE INDEX rows_about ON rows (subject, kind) WHERE kind IN (11, 12, 13);

CREATE TABLE households (
  id BLOB PRIMARY KEY, branch BLOB NOT NULL, member BLOB, deleted INTEGER NOT NULL, since INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX households_member ON households (member);
CREATE INDEX households_branch ON households (branch);

CREATE TABLE members (
  id BLOB PRIMARY KEY, unit BLOB NOT NULL, office INTEGER NOT NULL, deleted INTEGER NOT NULL,
  has_device INTEGER NOT NULL, since INTEGER NOT NULL, proxy_since INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX members_unit ON members (unit);

CREATE TABLE proxies (proxy BLOB NOT NULL, member BLOB NOT NULL, PRIMARY KEY (proxy, member)) WITHOUT ROWID;
CREATE INDEX proxies_member ON proxies (member);

-- Who looked after which household, who held an office, who was whose proxy, from which seq to which.
CREATE TABLE tenures (
  what INTEGER NOT NULL, of BLOB NOT NULL, member BLOB NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
  PRIMARY KEY (what, of, since, member)
) WITHOUT ROWID;

-- Earlier versions of reviewed records; the present one is computed from its body.
CREATE TABLE versions (id BLOB NOT NULL, digest BLOB NOT NULL, writers BLOB NOT NULL, PRIMARY KEY (id, digest)) WITHOUT ROWID;
CREATE TABLE approved (
  id BLOB PRIMARY KEY, digest BLOB NOT NULL, review BLOB NOT NULL, key TEXT NOT NULL, sealed BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE past (n INTEGER PRIMARY KEY, record BLOB NOT NULL, stamp INTEGER NOT NULL, key TEXT NOT NULL, sealed BLOB NOT NULL);
CREATE INDEX past_record ON past (record, stamp);

CREATE TABLE devices (
  number INTEGER PRIMARY KEY, member BLOB NOT NULL, public_key BLOB NOT NULL,
  token_hash BLOB UNIQUE, old_token BLOB UNIQUE, token_ms INTEGER NOT NULL, name TEXT NOT NULL,
  enrolled_ms INTEGER NOT NULL, last_sync INTEGER NOT NULL, last_stamp INTEGER NOT NULL,
  last_op INTEGER NOT NULL, confirmed INTEGER NOT NULL, matched INTEGER NOT NULL, unsent INTEGER NOT NULL,
  skew_ms INTEGER NOT NULL, revoked INTEGER NOT NULL, unconfirmed INTEGER NOT NULL,
  clone_of INTEGER NOT NULL, clone_mark BLOB, schema INTEGER NOT NULL
);

-- The fate of each op until the phone has confirmed it: one row a call.
CREATE TABLE oplog (
  device INTEGER NOT NULL, last INTEGER NOT NULL, first INTEGER NOT NULL, entries BLOB NOT NULL,
  PRIMARY KEY (device, last)
) WITHOUT ROWID;
CREATE TABLE late_acks (device INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB, ack BLOB NOT NULL, PRIMARY KEY (device, number)) WITHOUT ROWID;
CREATE TABLE fates (record BLOB NOT NULL, device INTEGER NOT NULL, result INTEGER NOT NULL, PRIMARY KEY (record, device)) WITHOUT ROWID;
CREATE TABLE parked (
  device INTEGER NOT NULL, number INTEGER NOT NULL, wait_for BLOB NOT NULL, record BLOB NOT NULL,
  unit BLOB NOT NULL, skew_ms INTEGER NOT NULL, key TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (device, number)
) WITHOUT ROWID;
CREATE INDEX parked_wait ON parked (wait_for);
CREATE TABLE erased (id BLOB PRIMARY KEY) WITHOUT ROWID;

-- What the last import wrote of a record, so that the next one does not undo what a phone changed.
CREATE TABLE imported (record BLOB PRIMARY KEY, unit BLOB NOT NULL, key TEXT NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX imported_unit ON imported (unit);

CREATE TABLE codes (
  id TEXT PRIMARY KEY, member BLOB NOT NULL, sealed BLOB NOT NULL, issued_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
  issuer INTEGER NOT NULL, nonce BLOB, device_key BLOB, device INTEGER NOT NULL, revoked INTEGER NOT NULL, failures INTEGER NOT NULL
) WITHOUT ROWID;

-- The access log: a chain of hashes; who did what to which holder, no values.
CREATE TABLE audit (
  n INTEGER PRIMARY KEY, ms INTEGER NOT NULL, device INTEGER NOT NULL, verb TEXT NOT NULL,
  holder BLOB NOT NULL, count INTEGER NOT NULL, hash BLOB NOT NULL
);
CREATE INDEX audit_holder ON audit (holder);

-- What revoked phones handed over, sealed to the recovery key.
CREATE TABLE work (n INTEGER PRIMARY KEY, device INTEGER NOT NULL, ms INTEGER NOT NULL, sealed BLOB NOT NULL);
