-- Photos, signatures and voices that belong to a task's reports. The bytes lie
-- sealed in the store that the settings name; this row is what counts.
CREATE TABLE attachments (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    task TEXT NOT NULL,
    person TEXT NOT NULL,
    media_type TEXT NOT NULL,
    length BIGINT NOT NULL,
    -- Bytes that have arrived and are kept.
    received BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    complete BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX attachments_by_task ON attachments (district, task, person);
