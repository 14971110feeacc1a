DROP INDEX plans_nights;
ALTER TABLE plans DROP COLUMN night;
ALTER TABLE plans DROP COLUMN is_applied_at_once;
ALTER TABLE plans DROP COLUMN origin;
