-- The reveals of each person on the day of the last one, for the daily budget.
CREATE TABLE reveal_counts (
    district TEXT NOT NULL,
    person TEXT NOT NULL,
    day DATE NOT NULL,
    reveals INTEGER NOT NULL,
    PRIMARY KEY (district, person)
) WITHOUT ROWID;
