ALTER TABLE plan_visits DROP COLUMN former_plan;
