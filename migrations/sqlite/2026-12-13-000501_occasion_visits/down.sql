ALTER TABLE regime_members DROP COLUMN occasions;
