-- The last contact at the beneficiary's place: a phone call is a contact and no visit. Earlier contacts
-- count as visits.
ALTER TABLE beneficiaries ADD COLUMN last_visit DATE;
UPDATE beneficiaries SET last_visit = last_contact;
