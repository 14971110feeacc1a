ALTER TABLE reports RENAME COLUMN flags TO doubts;
DROP INDEX tasks_by_next_action;
CREATE INDEX tasks_by_look ON tasks (district, next_action_on) WHERE next_action_on IS NOT NULL;
ALTER TABLE tasks RENAME COLUMN next_action_on TO look_on;
ALTER TABLE tasks RENAME COLUMN escalation_level TO desk;
