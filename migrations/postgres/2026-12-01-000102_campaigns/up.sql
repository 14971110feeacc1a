-- Campaigns: tasks of one kind for the members of an audience, for an occasion.
CREATE TABLE campaigns (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    area TEXT COLLATE "C" NOT NULL,
    -- draft, approved, launching, launched or closed.
    state TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    occasion TEXT COLLATE "C" NOT NULL,
    year INTEGER NOT NULL,
    -- The saved audience from which the filter was copied, and its version.
    audience TEXT COLLATE "C",
    audience_version BIGINT,
    filter TEXT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    quota_per_day INTEGER,
    -- Encrypted: what the visitors do, bring and hand over.
    words BYTEA,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    edited_by TEXT COLLATE "C" NOT NULL,
    approved_by TEXT COLLATE "C",
    approved_at TIMESTAMP,
    launched_by TEXT COLLATE "C",
    launched_at TIMESTAMP,
    closed_at TIMESTAMP,
    -- The last beneficiary whose task was created.
    reached TEXT COLLATE "C",
    created_tasks BIGINT NOT NULL,
    existing_tasks BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);

-- The progress of a campaign is counted by this index alone.
CREATE INDEX tasks_by_occasion ON tasks (district, occasion, kind, grid, state)
    WHERE occasion IS NOT NULL;
