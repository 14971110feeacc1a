-- Standing duties: the members of an audience are visited every so many days.
CREATE TABLE regimes (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    area TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    filter TEXT NOT NULL,
    kind TEXT NOT NULL,
    cadence_days INTEGER NOT NULL,
    lead_days INTEGER NOT NULL,
    starts_on DATE NOT NULL,
    -- Who is responsible; required while it is active.
    responsible TEXT,
    active BOOLEAN NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- The last day on which its visits were prepared.
    ran_on DATE,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;

-- The members of regimes: their days in the cycle, and the last visit that was prepared.
CREATE TABLE regime_members (
    district TEXT NOT NULL,
    regime TEXT NOT NULL,
    beneficiary TEXT NOT NULL,
    grid TEXT NOT NULL,
    phase INTEGER NOT NULL,
    slot DATE,
    task TEXT,
    PRIMARY KEY (district, regime, beneficiary)
) WITHOUT ROWID;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('regimes', 'regimes', '20 20 1'),
    ('regime_members', 'regime_members', '100000 100000 5000 1');
