-- The assignees and reporters of a task in archived events: they may still report the task and
-- attach photos to their reports.
CREATE TABLE archived_assignees (
    district TEXT COLLATE "C" NOT NULL,
    task TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (district, task, person)
);
