DROP INDEX beneficiaries_by_household;
DROP INDEX beneficiaries_by_filters;
CREATE INDEX beneficiaries_by_filters
    ON beneficiaries (district, grid, id, plaque, mobility, contact, lives_alone, birth_year,
                      last_contact, categories, gender, tags, valid_to)
    WHERE valid_to IS NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('beneficiaries', 'beneficiaries_by_filters', '62000 62000 26 1 1 1 1 1 1 1 1 1 1 1');
ALTER TABLE beneficiaries DROP COLUMN household;
