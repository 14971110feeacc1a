-- A beneficiary may have several categories: their codes in order, separated by semicolons.
-- Servers of the previous build cannot use this table: stop them, upgrade, start.
ALTER TABLE beneficiaries RENAME COLUMN category TO categories;
