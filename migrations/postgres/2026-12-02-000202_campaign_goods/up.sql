-- A campaign may have goods in place of tasks of a kind, or besides.
ALTER TABLE campaigns ALTER COLUMN kind DROP NOT NULL;
-- Item and quantity for each member, as JSON.
ALTER TABLE campaigns ADD COLUMN items TEXT NOT NULL DEFAULT '[]';
ALTER TABLE campaigns ADD COLUMN planned_handouts BIGINT NOT NULL DEFAULT 0;
-- The last day on which managers were reminded.
ALTER TABLE campaigns ADD COLUMN reminded_on DATE;
