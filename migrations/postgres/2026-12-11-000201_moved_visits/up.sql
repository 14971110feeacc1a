-- The earlier plan from whose visit this plan moves the task, which is not accepted. An undo restores it.
ALTER TABLE plan_visits ADD COLUMN former_plan TEXT COLLATE "C";
