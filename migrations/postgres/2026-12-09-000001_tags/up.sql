-- The district's own marks of a beneficiary: their codes in order, separated by semicolons.
ALTER TABLE beneficiaries ADD COLUMN tags TEXT NOT NULL DEFAULT '';

-- An audience is counted by this index alone.
DROP INDEX beneficiaries_by_filters;
CREATE INDEX beneficiaries_by_filters
    ON beneficiaries (district, grid, id, plaque, mobility, contact, lives_alone, birth_year,
                      last_contact, categories, gender, tags, valid_to)
    WHERE valid_to IS NULL;
