-- Audiences: filters of the beneficiaries of an area, as JSON, saved by name.
CREATE TABLE audiences (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    area TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    filter TEXT NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);

-- An audience is counted by this index alone, which now has every plain field.
DROP INDEX beneficiaries_by_filters;
CREATE INDEX beneficiaries_by_filters
    ON beneficiaries (district, grid, id, plaque, mobility, contact, lives_alone, birth_year,
                      last_contact, categories, gender, valid_to)
    WHERE valid_to IS NULL;
