ALTER TABLE regimes DROP COLUMN authors;
ALTER TABLE campaigns DROP COLUMN authors;
