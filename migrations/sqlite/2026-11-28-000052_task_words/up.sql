-- The title of a task, without personal data, and encrypted: instructions, amount of money and goods.
ALTER TABLE tasks ADD COLUMN title TEXT;
ALTER TABLE tasks ADD COLUMN words BLOB;
