-- Imports of files through the API. Files are not kept.
CREATE TABLE imports (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    -- check or apply.
    mode TEXT NOT NULL,
    -- running, checked, refused, applied or failed.
    state TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    -- JSON: the files with their sizes and hashes.
    files TEXT NOT NULL,
    -- JSON: the faults by kind and the changes; none while it runs.
    result TEXT,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;

-- The first faults of an import, without personal data.
CREATE TABLE import_faults (
    district TEXT NOT NULL,
    import_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- JSON.
    fault TEXT NOT NULL,
    PRIMARY KEY (district, import_id, number)
) WITHOUT ROWID;

-- The names of columns that a district has agreed on.
CREATE TABLE import_headings (
    district TEXT NOT NULL,
    -- Such as people.csv.
    file TEXT NOT NULL,
    heading TEXT NOT NULL,
    column_name TEXT NOT NULL,
    PRIMARY KEY (district, file, heading)
) WITHOUT ROWID;
