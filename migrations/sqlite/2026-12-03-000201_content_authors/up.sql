-- All who have written content that is not approved yet, joined by `;`; before this column there were the
-- creator and the last editor alone.
ALTER TABLE campaigns ADD COLUMN authors TEXT NOT NULL DEFAULT '';
ALTER TABLE regimes ADD COLUMN authors TEXT NOT NULL DEFAULT '';
