DROP INDEX tasks_of_plans;
DROP TABLE task_refusals;
DROP TABLE freed_tasks;
