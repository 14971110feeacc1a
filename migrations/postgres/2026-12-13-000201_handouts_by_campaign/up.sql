-- What a campaign has planned is counted by this index alone.
CREATE INDEX handouts_by_campaign ON handouts (district, campaign, grid, state, reason, item, occasion)
    WHERE campaign IS NOT NULL;
