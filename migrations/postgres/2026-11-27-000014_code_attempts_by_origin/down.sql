DROP TABLE code_attempts;
CREATE TABLE code_attempts (
    district TEXT COLLATE "C" NOT NULL,
    phone_index BYTEA NOT NULL,
    since TIMESTAMP NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (district, phone_index)
);
CREATE INDEX code_attempts_by_time ON code_attempts (district, since);
