-- Stations, memorial sites and holidays are edited through the API: a version for each row, and the
-- day on which it ended. An ended row stays, so that its version continues if it comes back.
ALTER TABLE stations ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE stations ADD COLUMN valid_to DATE;
ALTER TABLE memorials ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE memorials ADD COLUMN valid_to DATE;
ALTER TABLE holidays ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE holidays ADD COLUMN valid_to DATE;
