ALTER TABLE goods_items DROP COLUMN plaque;
