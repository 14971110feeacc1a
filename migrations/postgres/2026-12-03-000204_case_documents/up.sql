-- Documents of cases: an attachment belongs to a task or to a case, of which `document` is a word.
ALTER TABLE attachments ALTER COLUMN task DROP NOT NULL;
ALTER TABLE attachments ADD COLUMN case_id TEXT COLLATE "C";
ALTER TABLE attachments ADD COLUMN document TEXT COLLATE "C";
ALTER TABLE attachments ADD CHECK ((task IS NULL) <> (case_id IS NULL));
CREATE INDEX attachments_by_case ON attachments (district, case_id, person)
    WHERE case_id IS NOT NULL;
