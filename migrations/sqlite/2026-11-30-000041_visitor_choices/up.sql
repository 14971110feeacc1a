-- The people who visit a beneficiary by preference, at most one, and those who must not.
CREATE TABLE visitor_choices (
    district TEXT NOT NULL,
    beneficiary TEXT NOT NULL,
    person TEXT NOT NULL,
    is_preferred BOOLEAN NOT NULL,
    PRIMARY KEY (district, beneficiary, person)
) WITHOUT ROWID;
