-- The reveals beyond the daily budget that superiors allowed a person, on the day of the last one.
CREATE TABLE reveal_allowances (
    district TEXT NOT NULL,
    person TEXT NOT NULL,
    day DATE NOT NULL,
    reveals INTEGER NOT NULL,
    PRIMARY KEY (district, person)
) WITHOUT ROWID;
