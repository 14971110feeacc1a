ALTER TABLE people DROP COLUMN has_home;
