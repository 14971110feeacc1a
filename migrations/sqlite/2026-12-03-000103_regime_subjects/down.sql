-- The previous build visits beneficiaries, by other cadences.
UPDATE regimes SET active = FALSE WHERE subject <> 'beneficiaries' OR feast IS NOT NULL;
UPDATE regimes SET cadence = 'every_days' WHERE feast IS NOT NULL;
ALTER TABLE regimes DROP COLUMN feast;
ALTER TABLE regimes DROP COLUMN subject;
