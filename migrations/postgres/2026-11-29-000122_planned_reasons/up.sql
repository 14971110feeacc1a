-- Why the plan of a task chose its assignee, in one word; travel minutes to the place; and the position
-- on the person's day, from 1. Empty without a plan, and for plans that were applied before.
ALTER TABLE tasks ADD COLUMN planned_why TEXT COLLATE "C";
ALTER TABLE tasks ADD COLUMN planned_travel INTEGER;
ALTER TABLE tasks ADD COLUMN planned_order INTEGER;
