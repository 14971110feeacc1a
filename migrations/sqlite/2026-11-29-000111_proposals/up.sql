-- Proposals of people for their manager: another day for a task in hand, or help that a
-- beneficiary needs. Accepting one moves the task or creates a task.
CREATE TABLE proposals (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    -- day or need.
    subject TEXT NOT NULL,
    -- The task of a proposed day.
    task TEXT,
    beneficiary TEXT,
    proposed_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    day DATE,
    -- Minutes after midnight.
    start INTEGER,
    -- The kind of service and the due day of a need, if proposed.
    kind TEXT,
    due_on DATE,
    -- open, accepted, refused or replaced; whether an open one has lapsed depends on its task.
    state TEXT NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP,
    -- The task that was created for a need.
    created_task TEXT,
    -- Encrypted: the need, the note and the reason of a refusal.
    sealed BLOB NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX proposals_by_state ON proposals (district, state, created_at, id);
CREATE INDEX proposals_by_time ON proposals (district, created_at, id);
CREATE INDEX proposals_by_person ON proposals (district, proposed_by, created_at, id);
CREATE INDEX proposals_by_task ON proposals (district, task) WHERE task IS NOT NULL;
CREATE INDEX proposals_by_beneficiary ON proposals (district, beneficiary) WHERE beneficiary IS NOT NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('proposals', 'proposals', '5000 5000 1'),
    ('proposals', 'proposals_by_state', '5000 5000 1700 1 1'),
    ('proposals', 'proposals_by_time', '5000 5000 1 1'),
    ('proposals', 'proposals_by_person', '5000 5000 5 1 1'),
    ('proposals', 'proposals_by_task', '2500 2500 2 1'),
    ('proposals', 'proposals_by_beneficiary', '4000 4000 2 1');
