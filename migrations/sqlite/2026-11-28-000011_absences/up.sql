-- Days on which a person does not work. An absence is added and withdrawn, never changed.
CREATE TABLE absences (
    district TEXT NOT NULL,
    person TEXT NOT NULL,
    id TEXT NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    -- The hours of a single day, in minutes from midnight; whole days if null.
    window_start INTEGER,
    window_end INTEGER,
    -- sick, leave, training or other.
    reason TEXT NOT NULL,
    -- The note, encrypted, if there is one.
    sealed BLOB,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    withdrawn_at TIMESTAMP,
    PRIMARY KEY (district, person, id)
) WITHOUT ROWID;

-- The absences of the days of a plan.
CREATE INDEX absences_by_last_day ON absences (district, last_day);

-- Days with other hours than those of the weekly availability, or with none if null.
CREATE TABLE availability_exceptions (
    district TEXT NOT NULL,
    person TEXT NOT NULL,
    day DATE NOT NULL,
    window_start INTEGER,
    window_end INTEGER,
    PRIMARY KEY (district, person, day)
) WITHOUT ROWID;

-- People who are off duty at present. Neither since when nor for how long is counted.
CREATE TABLE off_duty (
    district TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (district, person)
) WITHOUT ROWID;
