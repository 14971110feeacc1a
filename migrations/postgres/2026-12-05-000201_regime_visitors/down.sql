ALTER TABLE regimes DROP COLUMN assign_responsible;
