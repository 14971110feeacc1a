DROP TABLE planning_settings;
DROP INDEX plans_computing;
-- The previous build knows computed plans only.
DELETE FROM plans WHERE state IN ('computing', 'failed');
ALTER TABLE plans DROP COLUMN lease_until;
ALTER TABLE plans DROP COLUMN lease;
ALTER TABLE plans DROP COLUMN attempts;
ALTER TABLE plans DROP COLUMN progress;
ALTER TABLE plans DROP COLUMN request;
