-- Tasks that lost their assignee and wait to be planned anew.
CREATE TABLE freed_tasks (
    district TEXT COLLATE "C" NOT NULL,
    task TEXT COLLATE "C" NOT NULL,
    freed_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, task)
);

-- People who gave a task back, or did not accept it in time: plans do not give it to them again.
CREATE TABLE task_refusals (
    district TEXT COLLATE "C" NOT NULL,
    task TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    refused_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, task, person)
);

-- The tasks that plans have assigned.
CREATE INDEX tasks_of_plans ON tasks (district, state, plan) WHERE plan IS NOT NULL;
