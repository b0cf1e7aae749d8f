-- Version 3: handed-over work that nobody sees, and whose a number is.
-- waits: how many changes of a piece of work lie on no desk; -1: it cannot be read.
ALTER TABLE work ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
-- last_name: which change last_op numbers.
ALTER TABLE devices ADD COLUMN last_name BLOB;
