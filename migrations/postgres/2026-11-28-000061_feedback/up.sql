-- Praise, complaints and suggestions, and the answers to them.
CREATE TABLE feedback (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    -- NULL if it is anonymous.
    person TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    answered_by TEXT COLLATE "C",
    answered_at TIMESTAMP,
    -- Encrypted: the text, the contact and the answer.
    sealed BYTEA NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX feedback_by_person ON feedback (district, person, id);
