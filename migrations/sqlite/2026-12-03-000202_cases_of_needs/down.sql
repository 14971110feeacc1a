-- What kinds of service open stays: it cannot be distinguished from what a district has saved since.
ALTER TABLE proposals DROP COLUMN created_case;
