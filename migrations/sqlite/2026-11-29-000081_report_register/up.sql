-- What lists of reports filter by: the grid, the kind and the beneficiary of the task, which follow
-- the task when it moves, and the day on which the report arrived, in the time of the district.
ALTER TABLE reports ADD COLUMN grid TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN beneficiary TEXT;
ALTER TABLE reports ADD COLUMN received_on DATE NOT NULL DEFAULT '0001-01-01';
UPDATE reports SET received_on = date(created_at, '+8 hours');
UPDATE reports SET (grid, kind, beneficiary) = (
    SELECT tasks.grid, tasks.kind, tasks.beneficiary FROM tasks
    WHERE tasks.district = reports.district AND tasks.id = reports.task
)
WHERE EXISTS (
    SELECT 1 FROM tasks WHERE tasks.district = reports.district AND tasks.id = reports.task
);
CREATE INDEX reports_by_time ON reports (district, created_at, id);
CREATE INDEX reports_by_grid ON reports (district, grid, created_at, id);
CREATE INDEX reports_by_person ON reports (district, person, created_at, id);
CREATE INDEX reports_by_beneficiary ON reports (district, beneficiary, created_at, id)
    WHERE beneficiary IS NOT NULL;
-- The totals of an area read this index alone.
CREATE INDEX reports_by_day ON reports (district, received_on, grid, outcome);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('reports', 'reports_by_time', '200000 200000 1 1'),
    ('reports', 'reports_by_grid', '200000 200000 80 1 1'),
    ('reports', 'reports_by_person', '200000 200000 10 1 1'),
    ('reports', 'reports_by_beneficiary', '200000 200000 4 1 1'),
    ('reports', 'reports_by_day', '200000 200000 300 2 1');
