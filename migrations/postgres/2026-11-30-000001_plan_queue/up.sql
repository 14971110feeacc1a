-- A plan is computed after it was ordered: the order, the progress in percent, the number of servers
-- that have begun with it, and the lease of the server that computes it.
ALTER TABLE plans ADD COLUMN request TEXT;
ALTER TABLE plans ADD COLUMN progress INTEGER NOT NULL DEFAULT 0;
ALTER TABLE plans ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE plans ADD COLUMN lease TEXT COLLATE "C";
ALTER TABLE plans ADD COLUMN lease_until TIMESTAMP;
CREATE INDEX plans_computing ON plans (district, id) WHERE state = 'computing';

-- The settings for plans of a district that has changed them, as JSON.
CREATE TABLE planning_settings (
    district TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    version BIGINT NOT NULL
);
