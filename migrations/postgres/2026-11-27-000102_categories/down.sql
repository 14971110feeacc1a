ALTER TABLE beneficiaries RENAME COLUMN categories TO category;
