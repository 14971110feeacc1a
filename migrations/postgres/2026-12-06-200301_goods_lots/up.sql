-- The consignment of the goods that a movement is about; the stock of a lot is the sum of its movements.
ALTER TABLE goods_movements ADD COLUMN lot TEXT COLLATE "C";
ALTER TABLE goods_movements ADD COLUMN expires_on DATE;
CREATE INDEX goods_movements_by_lot ON goods_movements (district, item, area, lot) WHERE lot IS NOT NULL;
CREATE INDEX goods_movements_to_lot ON goods_movements (district, item, to_area, lot) WHERE lot IS NOT NULL;
CREATE INDEX goods_movements_by_handout ON goods_movements (district, handout) WHERE lot IS NOT NULL;
