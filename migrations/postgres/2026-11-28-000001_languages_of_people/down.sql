DELETE FROM vocabularies WHERE name = 'languages';
ALTER TABLE people DROP COLUMN languages;
