DELETE FROM sqlite_stat1 WHERE idx = 'goods_movements_expiring';
DROP INDEX goods_movements_expiring;
