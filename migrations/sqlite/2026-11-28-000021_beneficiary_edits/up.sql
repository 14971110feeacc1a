-- Why a beneficiary ended, the entry that took over from a duplicate, and a dated temporary stay,
-- whose address and place are sealed with the other personal data.
-- An ended beneficiary keeps the index of its ID number, so that the number leads to it; the number
-- is unique among current beneficiaries only.
ALTER TABLE beneficiaries ADD COLUMN ended_because TEXT;
ALTER TABLE beneficiaries ADD COLUMN successor TEXT;
ALTER TABLE beneficiaries ADD COLUMN stay_grid TEXT;
ALTER TABLE beneficiaries ADD COLUMN stay_from DATE;
ALTER TABLE beneficiaries ADD COLUMN stay_to DATE;
DROP INDEX beneficiaries_by_id_number;
CREATE INDEX beneficiaries_by_id_number ON beneficiaries (district, id_index);
CREATE UNIQUE INDEX beneficiaries_current_id_number ON beneficiaries (district, id_index)
    WHERE valid_to IS NULL;
CREATE INDEX beneficiaries_staying ON beneficiaries (district, id, stay_to)
    WHERE stay_to IS NOT NULL;

-- The last end of each beneficiary, with all that is needed to take it back, as JSON; `visits_open`
-- while it may have left unfinished tasks.
CREATE TABLE beneficiary_ends (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    ended_at TIMESTAMP NOT NULL,
    effects TEXT NOT NULL,
    visits_open BOOLEAN NOT NULL,
    undone_at TIMESTAMP,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
INSERT INTO sqlite_stat1 (tbl, idx, stat)
    SELECT 'beneficiaries', 'beneficiaries_by_id_number', '62000 62000 1'
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_stat1 WHERE idx = 'beneficiaries_by_id_number');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('beneficiaries', 'beneficiaries_current_id_number', '62000 62000 1'),
    ('beneficiaries', 'beneficiaries_staying', '100 100 1 1');
