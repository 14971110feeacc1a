-- Why the last plan that was applied left an open task without a visitor.
ALTER TABLE tasks ADD COLUMN unserved_why TEXT COLLATE "C";
