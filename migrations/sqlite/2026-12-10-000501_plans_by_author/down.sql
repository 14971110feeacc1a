DROP INDEX plans_by_author;
