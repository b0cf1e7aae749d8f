-- Version 3: handed-over work that nobody sees.
-- waits: how many of its changes lie on no desk; -1: it cannot be read.
ALTER TABLE work ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
