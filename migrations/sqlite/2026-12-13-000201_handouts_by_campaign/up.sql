-- What a campaign has planned is counted by this index alone.
CREATE INDEX handouts_by_campaign ON handouts (district, campaign, grid, state, reason, item, occasion)
    WHERE campaign IS NOT NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('handouts', 'handouts_by_campaign', '150000 150000 15000 63 21 21 7 7');
