DROP INDEX commands_pending;
ALTER TABLE commands DROP COLUMN pending_task;
