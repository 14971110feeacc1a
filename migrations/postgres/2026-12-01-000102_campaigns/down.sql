DROP INDEX tasks_by_occasion;
DROP TABLE campaigns;
