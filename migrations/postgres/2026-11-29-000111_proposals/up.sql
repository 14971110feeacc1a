-- Proposals of people for their manager: another day for a task in hand, or help that a
-- beneficiary needs. Accepting one moves the task or creates a task.
CREATE TABLE proposals (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    -- day or need.
    subject TEXT COLLATE "C" NOT NULL,
    -- The task of a proposed day.
    task TEXT COLLATE "C",
    beneficiary TEXT COLLATE "C",
    proposed_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    day DATE,
    -- Minutes after midnight.
    start INTEGER,
    -- The kind of service and the due day of a need, if proposed.
    kind TEXT COLLATE "C",
    due_on DATE,
    -- open, accepted, refused or replaced; whether an open one has lapsed depends on its task.
    state TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C",
    decided_at TIMESTAMP,
    -- The task that was created for a need.
    created_task TEXT COLLATE "C",
    -- Encrypted: the need, the note and the reason of a refusal.
    sealed BYTEA NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX proposals_by_state ON proposals (district, state, created_at, id);
CREATE INDEX proposals_by_time ON proposals (district, created_at, id);
CREATE INDEX proposals_by_person ON proposals (district, proposed_by, created_at, id);
CREATE INDEX proposals_by_task ON proposals (district, task) WHERE task IS NOT NULL;
CREATE INDEX proposals_by_beneficiary ON proposals (district, beneficiary) WHERE beneficiary IS NOT NULL;
