ALTER TABLE reports DROP COLUMN written_by;
