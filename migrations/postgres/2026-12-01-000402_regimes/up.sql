-- Standing duties: the members of an audience are visited every so many days.
CREATE TABLE regimes (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    area TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_en TEXT COLLATE "C" NOT NULL,
    filter TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    cadence_days INTEGER NOT NULL,
    lead_days INTEGER NOT NULL,
    starts_on DATE NOT NULL,
    -- Who is responsible; required while it is active.
    responsible TEXT COLLATE "C",
    active BOOLEAN NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- The last day on which its visits were prepared.
    ran_on DATE,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);

-- The members of regimes: their days in the cycle, and the last visit that was prepared.
CREATE TABLE regime_members (
    district TEXT COLLATE "C" NOT NULL,
    regime TEXT COLLATE "C" NOT NULL,
    beneficiary TEXT COLLATE "C" NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    phase INTEGER NOT NULL,
    slot DATE,
    task TEXT COLLATE "C",
    PRIMARY KEY (district, regime, beneficiary)
);
