ALTER TABLE sessions DROP COLUMN sync_error_at;
ALTER TABLE sessions DROP COLUMN sync_error;
ALTER TABLE sessions DROP COLUMN clock_behind_min;
ALTER TABLE sessions DROP COLUMN synced_seq;
ALTER TABLE sessions DROP COLUMN synced_epoch;
