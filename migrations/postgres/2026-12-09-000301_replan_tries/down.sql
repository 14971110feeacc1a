ALTER TABLE freed_tasks DROP COLUMN tries;
ALTER TABLE freed_tasks DROP COLUMN plan;
