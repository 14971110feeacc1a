DROP TABLE archived_assignees;
