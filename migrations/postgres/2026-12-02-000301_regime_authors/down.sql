DROP INDEX regime_members_by_beneficiary;
ALTER TABLE regime_members DROP COLUMN version;
ALTER TABLE regimes DROP COLUMN activated_by;
ALTER TABLE regimes DROP COLUMN edited_by;
