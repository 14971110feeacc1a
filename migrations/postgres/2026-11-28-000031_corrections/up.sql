-- Proposed corrections of beneficiaries' entries. Approving one changes the entry.
CREATE TABLE corrections (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    beneficiary TEXT COLLATE "C" NOT NULL,
    proposed_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- The names of the corrected fields, joined by semicolons; their values are sealed.
    fields TEXT COLLATE "C" NOT NULL,
    -- pending, approved or rejected.
    state TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C",
    decided_at TIMESTAMP,
    -- Encrypted: the values, those of the entry at the time, the note and the reason of a rejection.
    sealed BYTEA NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX corrections_by_state ON corrections (district, state, created_at, id);
CREATE INDEX corrections_by_time ON corrections (district, created_at, id);
CREATE INDEX corrections_by_beneficiary ON corrections (district, beneficiary, created_at, id);
CREATE INDEX corrections_by_person ON corrections (district, proposed_by, created_at, id);
