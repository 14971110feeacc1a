-- The day on which a beneficiary ended: an import of the whole district lacked it, and
-- tasks still refer to it. The index of lists and counts leaves such rows out.
ALTER TABLE beneficiaries ADD COLUMN valid_to DATE;
DROP INDEX beneficiaries_by_grid;
CREATE INDEX beneficiaries_by_grid ON beneficiaries (district, grid, id) WHERE valid_to IS NULL;
