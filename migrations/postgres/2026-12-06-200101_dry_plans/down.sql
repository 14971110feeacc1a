DELETE FROM plans WHERE campaign IS NOT NULL;
DROP INDEX plans_by_campaign;
ALTER TABLE plans DROP COLUMN campaign;
