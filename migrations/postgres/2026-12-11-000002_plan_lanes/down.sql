CREATE INDEX plans_computing ON plans (district, id) WHERE state = 'computing';
DROP INDEX plans_by_lane;
ALTER TABLE plans DROP COLUMN lane;
