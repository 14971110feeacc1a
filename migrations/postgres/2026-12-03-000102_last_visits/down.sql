ALTER TABLE beneficiaries DROP COLUMN last_visit;
