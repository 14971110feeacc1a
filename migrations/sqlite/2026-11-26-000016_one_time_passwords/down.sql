-- An earlier server would accept one-time passwords for good.
DELETE FROM credentials WHERE one_time_until IS NOT NULL;
ALTER TABLE credentials DROP COLUMN one_time_until;
