-- Indexes of the lists of beneficiaries: by the last contact, those without one first, and by the
-- year of birth; and one with every column that a list filters by, so that rows that do not match
-- are not read, and matching ones are counted without reading them.
CREATE INDEX beneficiaries_by_last_contact
    ON beneficiaries (district, COALESCE(last_contact, '0001-01-01'), id) WHERE valid_to IS NULL;
CREATE INDEX beneficiaries_by_birth_year
    ON beneficiaries (district, birth_year, id) WHERE valid_to IS NULL;
CREATE INDEX beneficiaries_by_filters
    ON beneficiaries (district, grid, id, plaque, mobility, contact, lives_alone, birth_year,
                      last_contact, categories, valid_to)
    WHERE valid_to IS NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('beneficiaries', 'beneficiaries_by_last_contact', '62000 62000 60 1'),
    ('beneficiaries', 'beneficiaries_by_birth_year', '62000 62000 800 1'),
    ('beneficiaries', 'beneficiaries_by_filters', '62000 62000 26 1 1 1 1 1 1 1 1 1');
