DROP INDEX tasks_of_plans;
CREATE INDEX tasks_of_plans ON tasks (district, state, plan) WHERE plan IS NOT NULL;
ALTER TABLE freed_tasks DROP COLUMN from_day;
