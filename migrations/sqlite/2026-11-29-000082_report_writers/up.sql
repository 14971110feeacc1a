-- The person who wrote the report of another person's visit; empty if the visitor wrote it.
ALTER TABLE reports ADD COLUMN written_by TEXT;
