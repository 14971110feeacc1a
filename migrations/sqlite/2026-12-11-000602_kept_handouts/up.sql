-- The years after which hand-outs of an item are deleted; without end if null.
ALTER TABLE goods_items ADD COLUMN keep_years INTEGER;
-- What was handed out or returned long ago.
CREATE INDEX handouts_by_age ON handouts (district, item, at) WHERE at IS NOT NULL;
