-- Photos, signatures and voice recordings of a task's reports. The bytes are
-- encrypted in the blob store; this row is authoritative.
CREATE TABLE attachments (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    task TEXT NOT NULL,
    person TEXT NOT NULL,
    media_type TEXT NOT NULL,
    length BIGINT NOT NULL,
    -- The number of received bytes.
    received BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    complete BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX attachments_by_task ON attachments (district, task, person);
