-- Renames columns to the names in the code and the API. Servers of the previous
-- build cannot use these tables: stop them, upgrade, start.
ALTER TABLE tasks RENAME COLUMN desk TO escalation_level;
ALTER TABLE tasks RENAME COLUMN look_on TO next_action_on;
DROP INDEX tasks_by_look;
CREATE INDEX tasks_by_next_action ON tasks (district, next_action_on)
    WHERE next_action_on IS NOT NULL;
UPDATE sqlite_stat1 SET idx = 'tasks_by_next_action' WHERE idx = 'tasks_by_look';
INSERT INTO sqlite_stat1 (tbl, idx, stat)
    SELECT 'tasks', 'tasks_by_next_action', '20000 20000 700'
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_stat1 WHERE idx = 'tasks_by_next_action');
ALTER TABLE reports RENAME COLUMN doubts TO flags;
