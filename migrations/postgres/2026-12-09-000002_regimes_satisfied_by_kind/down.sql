ALTER TABLE regimes DROP COLUMN satisfied_by;
