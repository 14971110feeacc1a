-- The last answers of beneficiaries to the fields that a kind of service marks as filterable, a word a
-- row.
CREATE TABLE beneficiary_answers (
    district TEXT COLLATE "C" NOT NULL,
    beneficiary TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    word TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (district, beneficiary, kind, field, word)
);
