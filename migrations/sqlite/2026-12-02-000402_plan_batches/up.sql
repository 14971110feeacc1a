-- Who applies or undoes the plan, and the task that this has reached.
ALTER TABLE plans ADD COLUMN changed_by TEXT;
ALTER TABLE plans ADD COLUMN reached TEXT;
-- Why the last change of the plan left the task as it was.
ALTER TABLE plan_visits ADD COLUMN left_because TEXT;
