DELETE FROM attachments WHERE task IS NULL;
DROP INDEX attachments_by_case;
ALTER TABLE attachments DROP COLUMN document;
ALTER TABLE attachments DROP COLUMN case_id;
ALTER TABLE attachments ALTER COLUMN task SET NOT NULL;
