-- Why an earlier plan had left the task without a visitor, when this plan was applied. An undo restores it.
ALTER TABLE plan_visits ADD COLUMN former_unserved TEXT;
