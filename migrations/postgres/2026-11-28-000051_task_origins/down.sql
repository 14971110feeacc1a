DROP INDEX tasks_by_origin;
ALTER TABLE tasks DROP COLUMN origin_person;
ALTER TABLE tasks DROP COLUMN origin_id;
ALTER TABLE tasks DROP COLUMN origin;
