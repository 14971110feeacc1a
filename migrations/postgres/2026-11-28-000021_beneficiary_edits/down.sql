DROP TABLE beneficiary_ends;
DROP INDEX beneficiaries_staying;
DROP INDEX beneficiaries_current_id_number;
DROP INDEX beneficiaries_by_id_number;
-- The previous build frees the ID number of an ended beneficiary.
UPDATE beneficiaries SET id_index = sha256(convert_to('ended ' || id, 'UTF8'))
    WHERE valid_to IS NOT NULL;
CREATE UNIQUE INDEX beneficiaries_by_id_number ON beneficiaries (district, id_index);
ALTER TABLE beneficiaries DROP COLUMN stay_to;
ALTER TABLE beneficiaries DROP COLUMN stay_from;
ALTER TABLE beneficiaries DROP COLUMN stay_grid;
ALTER TABLE beneficiaries DROP COLUMN successor;
ALTER TABLE beneficiaries DROP COLUMN ended_because;
