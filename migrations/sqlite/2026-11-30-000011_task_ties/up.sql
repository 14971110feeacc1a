-- What ties the visits of tasks to each other, in one word, and the id of the first of the tied tasks.
ALTER TABLE tasks ADD COLUMN tie TEXT;
ALTER TABLE tasks ADD COLUMN tie_id TEXT;
CREATE INDEX tasks_tie ON tasks (district, tie_id) WHERE tie_id IS NOT NULL;
