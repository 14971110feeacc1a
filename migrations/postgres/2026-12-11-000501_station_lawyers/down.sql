ALTER TABLE stations DROP COLUMN lawyer;
