DELETE FROM campaigns WHERE kind IS NULL;
ALTER TABLE campaigns DROP COLUMN reminded_on;
ALTER TABLE campaigns DROP COLUMN planned_handouts;
ALTER TABLE campaigns DROP COLUMN items;
ALTER TABLE campaigns ALTER COLUMN kind SET NOT NULL;
