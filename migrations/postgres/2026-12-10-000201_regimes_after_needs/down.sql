-- The previous build does not know visits that follow a need.
UPDATE regimes SET active = FALSE, cadence = 'every_days', cadence_days = 365 WHERE cadence = 'after_need';
ALTER TABLE regimes DROP COLUMN needs;
