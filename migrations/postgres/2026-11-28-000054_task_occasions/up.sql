-- The first task of a kind for a beneficiary on an occasion.
CREATE TABLE task_occasions (
    district TEXT COLLATE "C" NOT NULL,
    beneficiary TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    occasion TEXT COLLATE "C" NOT NULL,
    task TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, beneficiary, kind, occasion)
);
ALTER TABLE tasks ADD COLUMN occasion TEXT COLLATE "C";
