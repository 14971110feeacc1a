-- The task of a command of an outbox that the server failed to process and that its phone sends
-- again: a report after it has no final answer yet.
ALTER TABLE commands ADD COLUMN pending_task TEXT COLLATE "C";
CREATE INDEX commands_pending ON commands (district, person, pending_task)
    WHERE pending_task IS NOT NULL;
