DELETE FROM holidays WHERE valid_to IS NOT NULL;
ALTER TABLE holidays DROP COLUMN valid_to;
ALTER TABLE holidays DROP COLUMN version;
DELETE FROM memorials WHERE valid_to IS NOT NULL;
ALTER TABLE memorials DROP COLUMN valid_to;
ALTER TABLE memorials DROP COLUMN version;
DELETE FROM stations WHERE valid_to IS NOT NULL;
ALTER TABLE stations DROP COLUMN valid_to;
ALTER TABLE stations DROP COLUMN version;
