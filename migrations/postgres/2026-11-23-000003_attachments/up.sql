-- Photos, signatures and voices that belong to a task's reports. The bytes lie
-- sealed in the store that the settings name; this row is what counts.
CREATE TABLE attachments (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    task TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    length BIGINT NOT NULL,
    -- Bytes that have arrived and are kept.
    received BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    complete BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX attachments_by_task ON attachments (district, task, person);
