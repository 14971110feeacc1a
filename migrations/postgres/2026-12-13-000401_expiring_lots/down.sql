DROP INDEX goods_movements_expiring;
