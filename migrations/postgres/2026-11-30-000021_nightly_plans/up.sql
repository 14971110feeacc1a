-- A plan that no person ordered: its origin, whether it is applied as soon as it is computed, and the
-- night of which it is the one plan of the district.
ALTER TABLE plans ADD COLUMN origin TEXT COLLATE "C" NOT NULL DEFAULT 'ordered';
ALTER TABLE plans ADD COLUMN is_applied_at_once BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE plans ADD COLUMN night DATE;
CREATE UNIQUE INDEX plans_nights ON plans (district, night) WHERE night IS NOT NULL;
