-- The needs that the visits of a regime follow, joined by ';'.
ALTER TABLE regimes ADD COLUMN needs TEXT NOT NULL DEFAULT '';
