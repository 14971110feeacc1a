-- A campaign may have goods in place of tasks of a kind, or besides.
CREATE TABLE next_campaigns (
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
    kind TEXT,
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
    -- Item and quantity for each member, as JSON.
    items TEXT NOT NULL DEFAULT '[]',
    planned_handouts BIGINT NOT NULL DEFAULT 0,
    -- The last day on which managers were reminded.
    reminded_on DATE,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
INSERT INTO next_campaigns (
    district, id, area, state, name, name_en, occasion, year, audience, audience_version,
    filter, kind, first_day, last_day, quota_per_day, words, created_by, created_at,
    edited_by, approved_by, approved_at, launched_by, launched_at, closed_at, reached,
    created_tasks, existing_tasks, version
) SELECT
    district, id, area, state, name, name_en, occasion, year, audience, audience_version,
    filter, kind, first_day, last_day, quota_per_day, words, created_by, created_at,
    edited_by, approved_by, approved_at, launched_by, launched_at, closed_at, reached,
    created_tasks, existing_tasks, version
FROM campaigns;
DROP TABLE campaigns;
ALTER TABLE next_campaigns RENAME TO campaigns;
