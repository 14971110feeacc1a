-- The last answers of beneficiaries to the fields that a kind of service marks as filterable, a word a
-- row.
CREATE TABLE beneficiary_answers (
    district TEXT NOT NULL,
    beneficiary TEXT NOT NULL,
    kind TEXT NOT NULL,
    field TEXT NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (district, beneficiary, kind, field, word)
) WITHOUT ROWID;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('beneficiary_answers', 'beneficiary_answers', '200000 200000 4 3 2 1');
