-- Reports are amended by their writers: the row has the present content, and this table the contents
-- before.
ALTER TABLE reports ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE reports ADD COLUMN amended_at TIMESTAMP;
CREATE TABLE report_versions (
    district TEXT COLLATE "C" NOT NULL,
    report TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    -- Encrypted, as that of the report.
    sealed BYTEA NOT NULL,
    PRIMARY KEY (district, report, version)
);
