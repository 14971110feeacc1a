-- Columns get the words that the code and the API use. Servers of the build before
-- cannot run on these tables: stop them, upgrade, start.
ALTER TABLE tasks RENAME COLUMN desk TO escalation_level;
ALTER TABLE tasks RENAME COLUMN look_on TO next_action_on;
ALTER INDEX tasks_by_look RENAME TO tasks_by_next_action;
ALTER TABLE reports RENAME COLUMN doubts TO flags;
