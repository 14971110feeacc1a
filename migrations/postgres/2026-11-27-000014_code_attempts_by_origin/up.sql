-- The rows count for 15 minutes, so the old ones are not kept.
DROP TABLE code_attempts;
-- The wrong codes for a phone number, known or not, by their origin, and when the first of them was
-- tried.
CREATE TABLE code_attempts (
    district TEXT COLLATE "C" NOT NULL,
    phone_index BYTEA NOT NULL,
    -- A MAC of the prefix of the address, or of the word for all tries of a code by message.
    origin BYTEA NOT NULL,
    since TIMESTAMP NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (district, phone_index, origin)
);
CREATE INDEX code_attempts_by_time ON code_attempts (district, since);
