-- Whether the plan is computed beside larger ones: `small` or `large`.
ALTER TABLE plans ADD COLUMN lane TEXT COLLATE "C" NOT NULL DEFAULT 'large';
-- The next plan of a lane. The partial index served no statement with a bound state.
CREATE INDEX plans_by_lane ON plans (district, state, lane, id);
DROP INDEX plans_computing;
