-- Photos, signatures and voice recordings of a task's reports. The bytes are
-- encrypted in the blob store; this row is authoritative.
CREATE TABLE attachments (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    task TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    length BIGINT NOT NULL,
    -- The number of received bytes.
    received BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    complete BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX attachments_by_task ON attachments (district, task, person);
