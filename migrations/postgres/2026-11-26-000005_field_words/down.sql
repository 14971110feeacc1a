ALTER TABLE reports RENAME COLUMN flags TO doubts;
ALTER INDEX tasks_by_next_action RENAME TO tasks_by_look;
ALTER TABLE tasks RENAME COLUMN next_action_on TO look_on;
ALTER TABLE tasks RENAME COLUMN escalation_level TO desk;
