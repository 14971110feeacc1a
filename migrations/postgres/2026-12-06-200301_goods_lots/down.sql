DROP INDEX goods_movements_by_handout;
DROP INDEX goods_movements_to_lot;
DROP INDEX goods_movements_by_lot;
ALTER TABLE goods_movements DROP COLUMN expires_on;
ALTER TABLE goods_movements DROP COLUMN lot_difference;
ALTER TABLE goods_movements DROP COLUMN lot;
