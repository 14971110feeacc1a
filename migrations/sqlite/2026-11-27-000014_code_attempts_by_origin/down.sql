DROP TABLE code_attempts;
CREATE TABLE code_attempts (
    district TEXT NOT NULL,
    phone_index BLOB NOT NULL,
    since TIMESTAMP NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (district, phone_index)
) WITHOUT ROWID;
CREATE INDEX code_attempts_by_time ON code_attempts (district, since);
