-- Version 2: what restores, erasures and limits need.
-- kept: changes up to it are in a finished backup. jump: after a restore the device may go on
-- above a gap, once. ahead_ms: when it was last seen ahead of this server. day, day_ops: how
-- many changes it sent on which day. mends: how many refused changes wait on it for a person.
ALTER TABLE devices ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN jump INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN ahead_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN day_ops INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN mends INTEGER NOT NULL DEFAULT 0;

-- What was erased, with its place in the order of its partition, so that phones hear of it.
DROP TABLE erased;
CREATE TABLE erased (id BLOB PRIMARY KEY, unit BLOB NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX erased_seq ON erased (unit, seq);

-- What waits on a desk is found by the record it is about.
CREATE INDEX rows_desk ON rows (subject) WHERE kind IN (19, 20);
CREATE INDEX approved_key ON approved (key);
CREATE INDEX imported_key ON imported (key);
CREATE INDEX past_key ON past (key);
