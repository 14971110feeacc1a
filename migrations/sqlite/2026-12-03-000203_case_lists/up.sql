-- Case lists by the level that they wait for, and those of a small area: from its beneficiaries, ended ones
-- included, or by the area.
CREATE INDEX cases_by_level ON cases (district, waits_for, begun_at, id) WHERE result IS NULL;
CREATE INDEX cases_by_area ON cases (district, area, begun_at) WHERE beneficiary IS NULL;
CREATE INDEX beneficiaries_of_grid ON beneficiaries (district, grid, id);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('cases', 'cases_by_level', '2500 2500 600 1 1'),
    ('cases', 'cases_by_area', '500 500 2 1'),
    ('beneficiaries', 'beneficiaries_of_grid', '62000 62000 26 1');
