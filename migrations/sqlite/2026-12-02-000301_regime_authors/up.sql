-- The author of the present content, the creator if absent, and who activated it last.
ALTER TABLE regimes ADD COLUMN edited_by TEXT;
ALTER TABLE regimes ADD COLUMN activated_by TEXT;
-- Members are written at the version that was read, and forgotten by beneficiary.
ALTER TABLE regime_members ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
CREATE INDEX regime_members_by_beneficiary ON regime_members (district, beneficiary);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('regime_members', 'regime_members_by_beneficiary', '100000 100000 3 1');
