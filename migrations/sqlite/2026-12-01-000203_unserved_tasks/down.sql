ALTER TABLE tasks DROP COLUMN unserved_why;
