-- A dry plan says whether the visits of this campaign fit; it assigns no task.
ALTER TABLE plans ADD COLUMN campaign TEXT COLLATE "C";
CREATE INDEX plans_by_campaign ON plans (district, campaign, id) WHERE campaign IS NOT NULL;
