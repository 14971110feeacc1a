-- The station at whose desk a case was opened.
ALTER TABLE cases ADD COLUMN station TEXT COLLATE "C";
