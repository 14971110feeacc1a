-- Each hand-out reads the lots of its item, from indexes alone: their pieces are the sums of the differences at the
-- station and of what came to it, and the day is the first of their last days of use.
DELETE FROM sqlite_stat1 WHERE idx IN ('goods_movements_by_lot', 'goods_movements_to_lot');
DROP INDEX goods_movements_by_lot;
DROP INDEX goods_movements_to_lot;
CREATE INDEX goods_movements_by_lot ON goods_movements (district, item, area, lot, lot_difference)
    WHERE lot IS NOT NULL;
CREATE INDEX goods_movements_to_lot ON goods_movements (district, item, to_area, lot, quantity)
    WHERE lot IS NOT NULL;
CREATE INDEX goods_movements_expiring ON goods_movements (district, item, lot, expires_on)
    WHERE expires_on IS NOT NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('goods_movements', 'goods_movements_by_lot', '5000 5000 500 20 10 5'),
    ('goods_movements', 'goods_movements_to_lot', '5000 5000 500 20 10 5'),
    ('goods_movements', 'goods_movements_expiring', '200 200 20 2 1');
