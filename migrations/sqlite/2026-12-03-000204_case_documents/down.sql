CREATE TABLE former_attachments (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    task TEXT NOT NULL,
    person TEXT NOT NULL,
    media_type TEXT NOT NULL,
    length BIGINT NOT NULL,
    received BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    complete BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    fence BIGINT NOT NULL DEFAULT 0,
    upload TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
INSERT INTO former_attachments SELECT
    district, id, task, person, media_type, length, received, sha256, complete, created_at, fence,
    upload
FROM attachments WHERE task IS NOT NULL;
DROP TABLE attachments;
ALTER TABLE former_attachments RENAME TO attachments;
CREATE INDEX attachments_by_task ON attachments (district, task, person);
