-- What a person stored on a day: answers of commands, reports and attachments. The row of an earlier
-- day begins anew.
CREATE TABLE daily_counts (
    district TEXT NOT NULL,
    person TEXT NOT NULL,
    day DATE NOT NULL,
    answers INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    attachments INTEGER NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, person)
) WITHOUT ROWID;
