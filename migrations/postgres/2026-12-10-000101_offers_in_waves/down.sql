ALTER TABLE freed_tasks DROP COLUMN goes_on;
