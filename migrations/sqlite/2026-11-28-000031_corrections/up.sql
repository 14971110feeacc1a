-- Proposed corrections of beneficiaries' entries. Approving one changes the entry.
CREATE TABLE corrections (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    beneficiary TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- The names of the corrected fields, joined by semicolons; their values are sealed.
    fields TEXT NOT NULL,
    -- pending, approved or rejected.
    state TEXT NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP,
    -- Encrypted: the values, those of the entry at the time, the note and the reason of a rejection.
    sealed BLOB NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX corrections_by_state ON corrections (district, state, created_at, id);
CREATE INDEX corrections_by_time ON corrections (district, created_at, id);
CREATE INDEX corrections_by_beneficiary ON corrections (district, beneficiary, created_at, id);
CREATE INDEX corrections_by_person ON corrections (district, proposed_by, created_at, id);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('corrections', 'corrections', '5000 5000 1'),
    ('corrections', 'corrections_by_state', '5000 5000 1700 1 1'),
    ('corrections', 'corrections_by_time', '5000 5000 1 1'),
    ('corrections', 'corrections_by_beneficiary', '5000 5000 2 1 1'),
    ('corrections', 'corrections_by_person', '5000 5000 5 1 1');
