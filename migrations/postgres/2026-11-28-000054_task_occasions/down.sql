ALTER TABLE tasks DROP COLUMN occasion;
DROP TABLE task_occasions;
