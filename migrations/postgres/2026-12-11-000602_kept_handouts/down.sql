DROP INDEX handouts_by_age;
ALTER TABLE goods_items DROP COLUMN keep_years;
