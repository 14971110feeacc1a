ALTER TABLE sessions DROP COLUMN key_hash;
