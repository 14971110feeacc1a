DROP INDEX reports_by_day;
DROP INDEX reports_by_beneficiary;
DROP INDEX reports_by_person;
DROP INDEX reports_by_grid;
DROP INDEX reports_by_time;
ALTER TABLE reports DROP COLUMN received_on;
ALTER TABLE reports DROP COLUMN beneficiary;
ALTER TABLE reports DROP COLUMN kind;
ALTER TABLE reports DROP COLUMN grid;
