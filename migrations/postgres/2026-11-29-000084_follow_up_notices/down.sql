DELETE FROM account_notices WHERE kind = 'follow_up_done';
ALTER TABLE account_notices DROP COLUMN about_en;
ALTER TABLE account_notices DROP COLUMN about_zh;
ALTER TABLE account_notices DROP COLUMN task;
