DROP INDEX beneficiaries_by_grid;
CREATE INDEX beneficiaries_by_grid ON beneficiaries (district, grid, id);
ALTER TABLE beneficiaries DROP COLUMN valid_to;
