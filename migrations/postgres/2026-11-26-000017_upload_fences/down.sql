ALTER TABLE attachments DROP COLUMN fence;
