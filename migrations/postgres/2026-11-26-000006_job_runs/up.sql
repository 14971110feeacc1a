-- The last run of each background job in each district.
CREATE TABLE job_runs (
    district TEXT COLLATE "C" NOT NULL,
    job TEXT COLLATE "C" NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP NOT NULL,
    -- succeeded or failed.
    outcome TEXT COLLATE "C" NOT NULL,
    -- Rows that the run processed.
    processed BIGINT NOT NULL,
    -- Why it failed, without personal data.
    error TEXT COLLATE "C",
    PRIMARY KEY (district, job)
);
