-- A notice that what a person reported has a result: the follow-up task, whose notice is sent once,
-- and in both languages the label of the need. Empty for other notices.
ALTER TABLE account_notices ADD COLUMN task TEXT;
ALTER TABLE account_notices ADD COLUMN about_zh TEXT;
ALTER TABLE account_notices ADD COLUMN about_en TEXT;
