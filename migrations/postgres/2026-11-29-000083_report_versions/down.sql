DROP TABLE report_versions;
ALTER TABLE reports DROP COLUMN amended_at;
ALTER TABLE reports DROP COLUMN version;
