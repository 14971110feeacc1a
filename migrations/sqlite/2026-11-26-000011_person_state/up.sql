-- A person is active, suspended (for a while) or left (for good). A suspended manager is still
-- the manager of the grid.
ALTER TABLE people ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
UPDATE people SET state = 'left' WHERE NOT active;
DROP INDEX people_one_manager;
CREATE UNIQUE INDEX people_one_manager ON people (district, area)
    WHERE role = 'manager' AND state <> 'left';
ALTER TABLE people DROP COLUMN active;
INSERT INTO sqlite_stat1 (tbl, idx, stat)
    SELECT 'people', 'people_one_manager', '2400 2400 1'
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_stat1 WHERE idx = 'people_one_manager');
