DELETE FROM notices WHERE withdrawn_at IS NOT NULL;
ALTER TABLE notices DROP COLUMN withdrawn_at;
ALTER TABLE notices DROP COLUMN audience;
