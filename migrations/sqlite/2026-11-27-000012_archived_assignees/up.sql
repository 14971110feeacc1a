-- The assignees and reporters of a task in archived events: they may still report the task and
-- attach photos to their reports.
CREATE TABLE archived_assignees (
    district TEXT NOT NULL,
    task TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (district, task, person)
) WITHOUT ROWID;
