DROP TABLE handouts;
DROP TABLE goods_movements;
DROP TABLE goods_stocks;
DROP TABLE goods_items;
