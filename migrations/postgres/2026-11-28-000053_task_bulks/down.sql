DROP TABLE task_bulks;
