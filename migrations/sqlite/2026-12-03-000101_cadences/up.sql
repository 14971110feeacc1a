-- What the visits of a regime recur by: a number of days, the birthday, or the end of a stay in hospital.
ALTER TABLE regimes ADD COLUMN cadence TEXT NOT NULL DEFAULT 'every_days';
