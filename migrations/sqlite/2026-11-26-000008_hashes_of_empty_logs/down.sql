-- Earlier builds read 32 zero bytes too.
SELECT 1;
