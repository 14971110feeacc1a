-- Volunteers who help in another area for some days.
CREATE TABLE secondments (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    -- The volunteer's grid, whose manager agrees.
    home TEXT NOT NULL,
    -- Where the volunteer helps.
    area TEXT NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    state TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at TIMESTAMP NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('secondments', 'secondments', '500 500 1');
