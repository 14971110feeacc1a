-- What the last sync of a session proved: the epoch and the number up to which its phone has stored
-- the log, the minutes by which its clock is behind, and a problem of its last commands. Empty for
-- sessions that have not synced since.
ALTER TABLE sessions ADD COLUMN synced_epoch TEXT;
ALTER TABLE sessions ADD COLUMN synced_seq BIGINT;
ALTER TABLE sessions ADD COLUMN clock_behind_min INTEGER;
ALTER TABLE sessions ADD COLUMN sync_error TEXT;
ALTER TABLE sessions ADD COLUMN sync_error_at TIMESTAMP;
