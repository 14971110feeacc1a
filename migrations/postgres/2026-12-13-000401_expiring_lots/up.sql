-- Each hand-out reads the lots of its item, from indexes alone: their pieces are the sums of the differences at the
-- station and of what came to it, and the day is the first of their last days of use.
DROP INDEX goods_movements_by_lot;
DROP INDEX goods_movements_to_lot;
CREATE INDEX goods_movements_by_lot ON goods_movements (district, item, area, lot) INCLUDE (lot_difference)
    WHERE lot IS NOT NULL;
CREATE INDEX goods_movements_to_lot ON goods_movements (district, item, to_area, lot) INCLUDE (quantity)
    WHERE lot IS NOT NULL;
CREATE INDEX goods_movements_expiring ON goods_movements (district, item, lot, expires_on)
    WHERE expires_on IS NOT NULL;
