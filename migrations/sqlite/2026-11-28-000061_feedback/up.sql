-- Praise, complaints and suggestions, and the answers to them.
CREATE TABLE feedback (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    -- NULL if it is anonymous.
    person TEXT,
    created_at TIMESTAMP NOT NULL,
    answered_by TEXT,
    answered_at TIMESTAMP,
    -- Encrypted: the text, the contact and the answer.
    sealed BLOB NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX feedback_by_person ON feedback (district, person, id);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('feedback', 'feedback', '2000 2000 1'),
    ('feedback', 'feedback_by_person', '2000 2000 3 1');
