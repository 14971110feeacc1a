-- The people who visit a beneficiary by preference, at most one, and those who must not.
CREATE TABLE visitor_choices (
    district TEXT COLLATE "C" NOT NULL,
    beneficiary TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    is_preferred BOOLEAN NOT NULL,
    PRIMARY KEY (district, beneficiary, person)
);
