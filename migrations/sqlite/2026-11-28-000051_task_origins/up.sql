-- What a follow-up task follows from: the kind of the origin, such as report, its id, and the person
-- who made it. Empty for other tasks, and for those of earlier versions.
ALTER TABLE tasks ADD COLUMN origin TEXT;
ALTER TABLE tasks ADD COLUMN origin_id TEXT;
ALTER TABLE tasks ADD COLUMN origin_person TEXT;
CREATE INDEX tasks_by_origin ON tasks (district, origin_id, due_on, id) WHERE origin_id IS NOT NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('tasks', 'tasks_by_origin', '20000 20000 2 1 1');
