-- The days off and the shifted working days of a year, as JSON.
CREATE TABLE work_calendars (
    district TEXT COLLATE "C" NOT NULL,
    year INTEGER NOT NULL,
    days TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, year)
);
