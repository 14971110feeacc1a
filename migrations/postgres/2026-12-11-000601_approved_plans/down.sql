ALTER TABLE campaigns DROP COLUMN approved_plan;
