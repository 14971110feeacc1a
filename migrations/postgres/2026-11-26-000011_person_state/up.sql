-- A person is active, suspended (for a while) or left (for good). A suspended manager is still
-- the manager of the grid.
ALTER TABLE people ADD COLUMN state TEXT COLLATE "C" NOT NULL DEFAULT 'active';
UPDATE people SET state = 'left' WHERE NOT active;
DROP INDEX people_one_manager;
CREATE UNIQUE INDEX people_one_manager ON people (district, area)
    WHERE role = 'manager' AND state <> 'left';
ALTER TABLE people DROP COLUMN active;
