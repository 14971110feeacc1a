-- The title of a task, without personal data, and encrypted: instructions, amount of money and goods.
ALTER TABLE tasks ADD COLUMN title TEXT COLLATE "C";
ALTER TABLE tasks ADD COLUMN words BYTEA;
