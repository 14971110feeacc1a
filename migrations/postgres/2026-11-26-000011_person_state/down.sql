ALTER TABLE people ADD COLUMN active BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE people SET active = FALSE WHERE state <> 'active';
DROP INDEX people_one_manager;
CREATE UNIQUE INDEX people_one_manager ON people (district, area) WHERE role = 'manager' AND active;
ALTER TABLE people DROP COLUMN state;
