-- The previous build knows one cadence.
UPDATE regimes SET active = FALSE, cadence_days = 365 WHERE cadence <> 'every_days';
ALTER TABLE regimes DROP COLUMN cadence;
