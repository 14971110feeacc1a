-- One-time codes that enrol a device: by a superior's invitation, or by a message (recovery).
CREATE TABLE invitations (
    district TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    -- invitation or recovery.
    purpose TEXT COLLATE "C" NOT NULL,
    -- A MAC of the code under the district's key.
    code_hash BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    PRIMARY KEY (district, person, purpose)
);
-- The wrong codes for a phone number, known or not, and when the first of them was tried.
CREATE TABLE code_attempts (
    district TEXT COLLATE "C" NOT NULL,
    phone_index BYTEA NOT NULL,
    since TIMESTAMP NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (district, phone_index)
);
CREATE INDEX code_attempts_by_time ON code_attempts (district, since);
-- The requests for a code by message, of known and unknown phone numbers, for a day.
CREATE TABLE code_requests (
    district TEXT COLLATE "C" NOT NULL,
    phone_index BYTEA NOT NULL,
    at TIMESTAMP NOT NULL,
    -- Whether a message was sent.
    sent BOOLEAN NOT NULL,
    PRIMARY KEY (district, phone_index, at)
);
CREATE INDEX code_requests_by_time ON code_requests (district, at);
-- The keys of enrolled devices (thumbprints, RFC 7638).
CREATE TABLE device_keys (
    district TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    key_hash BYTEA NOT NULL,
    device TEXT NOT NULL,
    enrolled_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, person, key_hash)
);
-- The secrets of authenticator apps (RFC 6238), encrypted.
CREATE TABLE totp_secrets (
    district TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    sealed BYTEA,
    -- A new secret until a code confirms it.
    pending BYTEA,
    -- The last time step whose code was accepted: each is accepted once.
    last_step BIGINT NOT NULL,
    -- Wrong codes in a row, and the time of the last one.
    failures INTEGER NOT NULL,
    failed_at TIMESTAMP,
    PRIMARY KEY (district, person)
);
-- A password of before enrolment existed: until the date of the setting second_factor_grace its
-- person may enrol by signing in.
ALTER TABLE credentials ADD COLUMN before_enrolment BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE credentials SET before_enrolment = TRUE;
-- When the person was last authenticated in the session; NULL: when it was opened.
ALTER TABLE sessions ADD COLUMN authenticated_at TIMESTAMP;
