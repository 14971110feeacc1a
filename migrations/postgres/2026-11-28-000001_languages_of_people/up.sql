-- The languages and dialects that a person speaks: codes of the vocabulary `languages` in order,
-- separated by semicolons.
ALTER TABLE people ADD COLUMN languages TEXT COLLATE "C" NOT NULL DEFAULT '';
