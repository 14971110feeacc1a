ALTER TABLE reports DROP COLUMN made_on;
