-- Volunteers who help in another area for some days.
CREATE TABLE secondments (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    -- The volunteer's grid, whose manager agrees.
    home TEXT COLLATE "C" NOT NULL,
    -- Where the volunteer helps.
    area TEXT COLLATE "C" NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    requested_by TEXT COLLATE "C" NOT NULL,
    requested_at TIMESTAMP NOT NULL,
    decided_by TEXT COLLATE "C",
    decided_at TIMESTAMP,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
