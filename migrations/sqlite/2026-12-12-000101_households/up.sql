-- The number of the household in the register of the district; NULL if it is not known. Those who live together are
-- grouped by it, so it is in clear: it names no person without the register that it comes from.
ALTER TABLE beneficiaries ADD COLUMN household TEXT;

-- The plaque of a household is found by this index alone.
CREATE INDEX beneficiaries_by_household
    ON beneficiaries (district, household, plaque, valid_to, ended_because)
    WHERE household IS NOT NULL;
-- The coverage of an area is counted by this index alone, as an audience is.
DROP INDEX beneficiaries_by_filters;
CREATE INDEX beneficiaries_by_filters
    ON beneficiaries (district, grid, id, plaque, mobility, contact, lives_alone, birth_year,
                      last_contact, categories, gender, tags, household, valid_to)
    WHERE valid_to IS NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('beneficiaries', 'beneficiaries_by_household', '62000 62000 2 2 2 1'),
    ('beneficiaries', 'beneficiaries_by_filters', '62000 62000 26 1 1 1 1 1 1 1 1 1 1 1 1');
