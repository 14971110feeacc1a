ALTER TABLE tasks DROP COLUMN kind_version;
DROP TABLE service_kind_versions;
ALTER TABLE service_kinds DROP COLUMN active;
ALTER TABLE service_kinds DROP COLUMN name_en;
