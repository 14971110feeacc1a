DELETE FROM plans WHERE campaign IS NOT NULL;
DELETE FROM sqlite_stat1 WHERE idx = 'plans_by_campaign';
DROP INDEX plans_by_campaign;
ALTER TABLE plans DROP COLUMN campaign;
