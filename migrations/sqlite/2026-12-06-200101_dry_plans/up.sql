-- A dry plan says whether the visits of this campaign fit; it assigns no task.
ALTER TABLE plans ADD COLUMN campaign TEXT;
CREATE INDEX plans_by_campaign ON plans (district, campaign, id) WHERE campaign IS NOT NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('plans', 'plans_by_campaign', '100 100 5 1');
