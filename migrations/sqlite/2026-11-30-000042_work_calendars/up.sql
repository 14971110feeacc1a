-- The days off and the shifted working days of a year, as JSON.
CREATE TABLE work_calendars (
    district TEXT NOT NULL,
    year INTEGER NOT NULL,
    days TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, year)
) WITHOUT ROWID;
