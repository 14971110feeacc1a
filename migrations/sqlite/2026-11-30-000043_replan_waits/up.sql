-- The first day on which a freed task can be planned; without it, at once.
ALTER TABLE freed_tasks ADD COLUMN from_day DATE;

-- Visits that plans gave, by plan and task: those not accepted in time are read in parts.
DROP INDEX tasks_of_plans;
CREATE INDEX tasks_of_plans ON tasks (district, state, plan, id) WHERE plan IS NOT NULL;
