-- The plan that is to give the task to another person. If it fails, or leaves the task, the task waits again.
ALTER TABLE freed_tasks ADD COLUMN plan TEXT;
-- The number of plans that have had the task since it lost its assignee.
ALTER TABLE freed_tasks ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
