DELETE FROM sqlite_stat1 WHERE idx IN ('cases_by_level', 'cases_by_area', 'beneficiaries_of_grid');
DROP INDEX beneficiaries_of_grid;
DROP INDEX cases_by_area;
DROP INDEX cases_by_level;
