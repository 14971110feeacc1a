ALTER TABLE service_kinds DROP COLUMN opens;
