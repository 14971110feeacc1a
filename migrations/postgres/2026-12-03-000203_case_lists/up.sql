-- Case lists by the level that they wait for, and those of a small area: from its beneficiaries, ended ones
-- included, or by the area.
CREATE INDEX cases_by_level ON cases (district, waits_for, begun_at, id) WHERE result IS NULL;
CREATE INDEX cases_by_area ON cases (district, area, begun_at) WHERE beneficiary IS NULL;
CREATE INDEX beneficiaries_of_grid ON beneficiaries (district, grid, id);
