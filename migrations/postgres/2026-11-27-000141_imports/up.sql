-- Imports of files through the API. Files are not kept.
CREATE TABLE imports (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    -- check or apply.
    mode TEXT COLLATE "C" NOT NULL,
    -- running, checked, refused, applied or failed.
    state TEXT COLLATE "C" NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    -- JSON: the files with their sizes and hashes.
    files TEXT COLLATE "C" NOT NULL,
    -- JSON: the faults by kind and the changes; none while it runs.
    result TEXT COLLATE "C",
    PRIMARY KEY (district, id)
);

-- The first faults of an import, without personal data.
CREATE TABLE import_faults (
    district TEXT COLLATE "C" NOT NULL,
    import_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    -- JSON.
    fault TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (district, import_id, number)
);

-- The names of columns that a district has agreed on.
CREATE TABLE import_headings (
    district TEXT COLLATE "C" NOT NULL,
    -- Such as people.csv.
    file TEXT COLLATE "C" NOT NULL,
    heading TEXT COLLATE "C" NOT NULL,
    column_name TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (district, file, heading)
);
