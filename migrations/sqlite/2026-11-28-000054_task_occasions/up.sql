-- The first task of a kind for a beneficiary on an occasion.
CREATE TABLE task_occasions (
    district TEXT NOT NULL,
    beneficiary TEXT NOT NULL,
    kind TEXT NOT NULL,
    occasion TEXT NOT NULL,
    task TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, beneficiary, kind, occasion)
) WITHOUT ROWID;
ALTER TABLE tasks ADD COLUMN occasion TEXT;
