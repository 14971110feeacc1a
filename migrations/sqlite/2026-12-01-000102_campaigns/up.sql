-- Campaigns: tasks of one kind for the members of an audience, for an occasion.
CREATE TABLE campaigns (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    area TEXT NOT NULL,
    -- draft, approved, launching, launched or closed.
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    occasion TEXT NOT NULL,
    year INTEGER NOT NULL,
    -- The saved audience from which the filter was copied, and its version.
    audience TEXT,
    audience_version BIGINT,
    filter TEXT NOT NULL,
    kind TEXT NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    quota_per_day INTEGER,
    -- Encrypted: what the visitors do, bring and hand over.
    words BLOB,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    edited_by TEXT NOT NULL,
    approved_by TEXT,
    approved_at TIMESTAMP,
    launched_by TEXT,
    launched_at TIMESTAMP,
    closed_at TIMESTAMP,
    -- The last beneficiary whose task was created.
    reached TEXT,
    created_tasks BIGINT NOT NULL,
    existing_tasks BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;

-- The progress of a campaign is counted by this index alone.
CREATE INDEX tasks_by_occasion ON tasks (district, occasion, kind, grid, state)
    WHERE occasion IS NOT NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('tasks', 'tasks_by_occasion', '62000 62000 62000 62000 26 7');
