-- The consignment of the goods that a movement is about; the stock of a lot is the sum of the differences of its
-- movements. A count of a lot may change the stock of the item by another number.
ALTER TABLE goods_movements ADD COLUMN lot TEXT COLLATE "C";
ALTER TABLE goods_movements ADD COLUMN lot_difference INTEGER;
ALTER TABLE goods_movements ADD COLUMN expires_on DATE;
CREATE INDEX goods_movements_by_lot ON goods_movements (district, item, area, lot) WHERE lot IS NOT NULL;
CREATE INDEX goods_movements_to_lot ON goods_movements (district, item, to_area, lot) WHERE lot IS NOT NULL;
CREATE INDEX goods_movements_by_handout ON goods_movements (district, handout) WHERE handout IS NOT NULL;
