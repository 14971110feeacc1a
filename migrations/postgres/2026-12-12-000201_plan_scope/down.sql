ALTER TABLE plans DROP COLUMN whole_area;
