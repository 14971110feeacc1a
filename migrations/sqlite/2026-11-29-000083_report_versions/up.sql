-- Reports are amended by their writers: the row has the present content, and this table the contents
-- before.
ALTER TABLE reports ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE reports ADD COLUMN amended_at TIMESTAMP;
CREATE TABLE report_versions (
    district TEXT NOT NULL,
    report TEXT NOT NULL,
    version BIGINT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    -- Encrypted, as that of the report.
    sealed BLOB NOT NULL,
    PRIMARY KEY (district, report, version)
) WITHOUT ROWID;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('report_versions', 'report_versions', '2000 2000 2 1');
