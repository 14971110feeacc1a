ALTER TABLE attachments DROP COLUMN upload;
