-- Earlier builds work without the deleted answers.
SELECT 1;
