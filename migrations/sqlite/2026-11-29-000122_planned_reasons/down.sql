ALTER TABLE tasks DROP COLUMN planned_order;
ALTER TABLE tasks DROP COLUMN planned_travel;
ALTER TABLE tasks DROP COLUMN planned_why;
