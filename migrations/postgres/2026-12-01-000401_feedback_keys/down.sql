DROP INDEX feedback_by_key;
ALTER TABLE feedback DROP COLUMN key;
