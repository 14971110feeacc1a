-- Earlier builds show the time as that of the return.
SELECT 1;
