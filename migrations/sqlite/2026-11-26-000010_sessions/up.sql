-- Sessions: a person signed in on a device. A refresh token is a MAC under the district's
-- key over the session and the token's number, so no table holds a token or its hash.
CREATE TABLE sessions (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    -- The device's name, as the person sees it.
    device TEXT NOT NULL,
    -- phone or console.
    kind TEXT NOT NULL,
    -- The authentication methods (RFC 8176), joined by `;`.
    methods TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- The end, however much the session is used.
    expires_at TIMESTAMP NOT NULL,
    -- The number of the newest refresh token, and when it was first issued.
    generation BIGINT NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    -- The last sign-in or refresh; an idle session ends.
    used_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    end_reason TEXT,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX sessions_by_person ON sessions (district, person, used_at);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('sessions', 'sessions', '44000 44000 1'),
    ('sessions', 'sessions_by_person', '44000 44000 2 1');
-- Access tokens issued before are refused: since a new password, or the end of all sessions.
ALTER TABLE people ADD COLUMN tokens_not_before TIMESTAMP;
