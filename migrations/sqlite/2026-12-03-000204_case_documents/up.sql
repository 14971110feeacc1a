-- Documents of cases: an attachment belongs to a task or to a case, of which `document` is a word.
CREATE TABLE next_attachments (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    task TEXT,
    person TEXT NOT NULL,
    media_type TEXT NOT NULL,
    length BIGINT NOT NULL,
    -- The number of received bytes.
    received BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    complete BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    fence BIGINT NOT NULL DEFAULT 0,
    upload TEXT NOT NULL DEFAULT '',
    case_id TEXT,
    document TEXT,
    PRIMARY KEY (district, id),
    CHECK ((task IS NULL) <> (case_id IS NULL))
) WITHOUT ROWID;
INSERT INTO next_attachments (
    district, id, task, person, media_type, length, received, sha256, complete, created_at, fence,
    upload
) SELECT
    district, id, task, person, media_type, length, received, sha256, complete, created_at, fence,
    upload
FROM attachments;
DROP TABLE attachments;
ALTER TABLE next_attachments RENAME TO attachments;
CREATE INDEX attachments_by_task ON attachments (district, task, person);
CREATE INDEX attachments_by_case ON attachments (district, case_id, person)
    WHERE case_id IS NOT NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('attachments', 'attachments', '200000 200000 1'),
    ('attachments', 'attachments_by_task', '200000 200000 2 2'),
    ('attachments', 'attachments_by_case', '10000 10000 3 2');
