-- The lawyer of a station, encrypted: a name and a phone number.
ALTER TABLE stations ADD COLUMN lawyer BYTEA;
