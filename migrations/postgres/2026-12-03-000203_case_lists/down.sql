DROP INDEX beneficiaries_of_grid;
DROP INDEX cases_by_area;
DROP INDEX cases_by_level;
