-- Sessions: a person signed in on a device. A refresh token is a MAC under the district's
-- key over the session and the token's number, so no table holds a token or its hash.
CREATE TABLE sessions (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    -- The device's name, as the person sees it.
    device TEXT NOT NULL,
    -- phone or console.
    kind TEXT COLLATE "C" NOT NULL,
    -- The authentication methods (RFC 8176), joined by `;`.
    methods TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- The end, however much the session is used.
    expires_at TIMESTAMP NOT NULL,
    -- The number of the newest refresh token, and when it was first issued.
    generation BIGINT NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    -- The last sign-in or refresh; an idle session ends.
    used_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    end_reason TEXT COLLATE "C",
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX sessions_by_person ON sessions (district, person, used_at);
-- Access tokens issued before are refused: since a new password, or the end of all sessions.
ALTER TABLE people ADD COLUMN tokens_not_before TIMESTAMP;
