-- What lists of reports filter by: the grid, the kind and the beneficiary of the task, which follow
-- the task when it moves, and the day on which the report arrived, in the time of the district.
ALTER TABLE reports ADD COLUMN grid TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN beneficiary TEXT COLLATE "C";
ALTER TABLE reports ADD COLUMN received_on DATE NOT NULL DEFAULT '0001-01-01';
UPDATE reports SET received_on = (created_at + INTERVAL '8 hours')::date;
UPDATE reports SET grid = tasks.grid, kind = tasks.kind, beneficiary = tasks.beneficiary
    FROM tasks WHERE tasks.district = reports.district AND tasks.id = reports.task;
CREATE INDEX reports_by_time ON reports (district, created_at, id);
CREATE INDEX reports_by_grid ON reports (district, grid, created_at, id);
CREATE INDEX reports_by_person ON reports (district, person, created_at, id);
CREATE INDEX reports_by_beneficiary ON reports (district, beneficiary, created_at, id)
    WHERE beneficiary IS NOT NULL;
-- The totals of an area read this index alone.
CREATE INDEX reports_by_day ON reports (district, received_on, grid, outcome);
