-- The visit that the task has with another person before the plan moves it, as JSON. An undo restores it.
ALTER TABLE plan_visits ADD COLUMN former_visit TEXT COLLATE "C";
