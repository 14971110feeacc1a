-- Goods: what the stations have in stock, and what reaches beneficiaries.
CREATE TABLE goods_items (
    district TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    unit TEXT NOT NULL,
    -- Each piece has a number.
    has_serial BOOLEAN NOT NULL,
    -- A beneficiary gets it a single time, whatever the occasion.
    once BOOLEAN NOT NULL,
    needs_receipt BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, code)
);

-- The stock of an item at the station of an area.
CREATE TABLE goods_stocks (
    district TEXT COLLATE "C" NOT NULL,
    area TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    version BIGINT NOT NULL,
    PRIMARY KEY (district, area, item)
);

-- What changed the stocks; never rewritten.
CREATE TABLE goods_movements (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    -- received, allotted, counted, handed_out or returned.
    action TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    area TEXT COLLATE "C" NOT NULL,
    -- The station below that gets what is allotted.
    to_area TEXT COLLATE "C",
    quantity INTEGER NOT NULL,
    -- The change of the stock of the area.
    difference INTEGER NOT NULL,
    handout TEXT COLLATE "C",
    person TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP NOT NULL,
    -- Encrypted: the note.
    sealed BYTEA,
    PRIMARY KEY (district, id)
);

CREATE TABLE handouts (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    beneficiary TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    -- "once" for an item that a beneficiary gets a single time.
    occasion TEXT COLLATE "C" NOT NULL,
    campaign TEXT COLLATE "C",
    -- planned, handed_out or returned.
    state TEXT COLLATE "C" NOT NULL,
    -- The grid of the beneficiary, on the day of the hand-out.
    grid TEXT COLLATE "C" NOT NULL,
    -- The area of the station.
    station TEXT COLLATE "C" NOT NULL,
    quantity INTEGER NOT NULL,
    serial TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    person TEXT COLLATE "C",
    at TIMESTAMP,
    -- Encrypted: the receipt and the note.
    sealed BYTEA,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);

-- A beneficiary gets an item once for an occasion.
CREATE UNIQUE INDEX handouts_by_beneficiary ON handouts (district, beneficiary, item, occasion);
CREATE UNIQUE INDEX handouts_by_serial ON handouts (district, item, serial)
    WHERE serial IS NOT NULL;
-- Progress is counted by this index alone.
CREATE INDEX handouts_by_occasion ON handouts (district, occasion, grid, item, state, reason);
