-- Renames columns to the names in the code and the API. Servers of the previous
-- build cannot use these tables: stop them, upgrade, start.
ALTER TABLE tasks RENAME COLUMN desk TO escalation_level;
ALTER TABLE tasks RENAME COLUMN look_on TO next_action_on;
ALTER INDEX tasks_by_look RENAME TO tasks_by_next_action;
ALTER TABLE reports RENAME COLUMN doubts TO flags;
