DROP INDEX beneficiaries_by_grid;
CREATE INDEX beneficiaries_by_grid ON beneficiaries (district, grid, id);
INSERT INTO sqlite_stat1 (tbl, idx, stat)
    SELECT 'beneficiaries', 'beneficiaries_by_grid', '62000 62000 26 1'
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_stat1 WHERE idx = 'beneficiaries_by_grid');
ALTER TABLE beneficiaries DROP COLUMN valid_to;
