-- The author of the present content, the creator if absent, and who activated it last.
ALTER TABLE regimes ADD COLUMN edited_by TEXT COLLATE "C";
ALTER TABLE regimes ADD COLUMN activated_by TEXT COLLATE "C";
-- Members are written at the version that was read, and forgotten by beneficiary.
ALTER TABLE regime_members ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
CREATE INDEX regime_members_by_beneficiary ON regime_members (district, beneficiary);
