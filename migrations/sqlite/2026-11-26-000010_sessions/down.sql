ALTER TABLE people DROP COLUMN tokens_not_before;
DROP TABLE sessions;
