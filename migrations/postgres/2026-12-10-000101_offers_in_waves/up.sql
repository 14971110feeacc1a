-- Whether the task goes on to another person whatever the district does with freed tasks: it was given and not accepted
-- in time.
ALTER TABLE freed_tasks ADD COLUMN goes_on BOOLEAN NOT NULL DEFAULT FALSE;
