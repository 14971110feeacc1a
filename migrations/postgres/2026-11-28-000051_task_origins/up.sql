-- What a follow-up task follows from: the kind of the origin, such as report, its id, and the person
-- who made it. Empty for other tasks, and for those of earlier versions.
ALTER TABLE tasks ADD COLUMN origin TEXT COLLATE "C";
ALTER TABLE tasks ADD COLUMN origin_id TEXT COLLATE "C";
ALTER TABLE tasks ADD COLUMN origin_person TEXT COLLATE "C";
CREATE INDEX tasks_by_origin ON tasks (district, origin_id, due_on, id) WHERE origin_id IS NOT NULL;
