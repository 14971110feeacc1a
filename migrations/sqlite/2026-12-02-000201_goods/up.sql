-- Goods: what the stations have in stock, and what reaches beneficiaries.
CREATE TABLE goods_items (
    district TEXT NOT NULL,
    code TEXT NOT NULL,
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
) WITHOUT ROWID;

-- The stock of an item at the station of an area.
CREATE TABLE goods_stocks (
    district TEXT NOT NULL,
    area TEXT NOT NULL,
    item TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    version BIGINT NOT NULL,
    PRIMARY KEY (district, area, item)
) WITHOUT ROWID;

-- What changed the stocks; never rewritten.
CREATE TABLE goods_movements (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    -- received, allotted, counted, handed_out or returned.
    action TEXT NOT NULL,
    item TEXT NOT NULL,
    area TEXT NOT NULL,
    -- The station below that gets what is allotted.
    to_area TEXT,
    quantity INTEGER NOT NULL,
    -- The change of the stock of the area.
    difference INTEGER NOT NULL,
    handout TEXT,
    person TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    -- Encrypted: the note.
    sealed BLOB,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;

CREATE TABLE handouts (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    beneficiary TEXT NOT NULL,
    item TEXT NOT NULL,
    -- "once" for an item that a beneficiary gets a single time.
    occasion TEXT NOT NULL,
    campaign TEXT,
    -- planned, handed_out or returned.
    state TEXT NOT NULL,
    -- The grid of the beneficiary, on the day of the hand-out.
    grid TEXT NOT NULL,
    -- The area of the station.
    station TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    serial TEXT,
    reason TEXT,
    person TEXT,
    at TIMESTAMP,
    -- Encrypted: the receipt and the note.
    sealed BLOB,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;

-- A beneficiary gets an item once for an occasion.
CREATE UNIQUE INDEX handouts_by_beneficiary ON handouts (district, beneficiary, item, occasion);
CREATE UNIQUE INDEX handouts_by_serial ON handouts (district, item, serial)
    WHERE serial IS NOT NULL;
-- Progress is counted by this index alone.
CREATE INDEX handouts_by_occasion ON handouts (district, occasion, grid, item, state, reason);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('goods_items', 'goods_items', '20 20 1'),
    ('goods_stocks', 'goods_stocks', '3000 3000 10 1'),
    ('goods_movements', 'goods_movements', '160000 160000 1'),
    ('handouts', 'handouts', '150000 150000 1'),
    ('handouts', 'handouts_by_beneficiary', '150000 150000 3 1 1'),
    ('handouts', 'handouts_by_serial', '1000 1000 1000 1'),
    ('handouts', 'handouts_by_occasion', '150000 150000 150000 63 21 7 7');
