-- A district: its areas, people, beneficiaries, tasks, plans and log.
-- `district` comes first in every key: it is the tenant and the shard, and no
-- key or index spans districts. Codes and ids are text; times are UTC; minutes of
-- a day count from midnight in the district's time zone.

CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE districts (
    district TEXT NOT NULL PRIMARY KEY,
    sealed_key BLOB NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- The district's counter: locked last in every change, so that the numbers of the
-- log appear in commit order.
CREATE TABLE district_heads (
    district TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL
);

CREATE TABLE events (
    district TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    actor TEXT,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    area TEXT NOT NULL,
    area_before TEXT,
    person TEXT,
    person_before TEXT,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (district, seq)
) WITHOUT ROWID;

CREATE TABLE areas (
    district TEXT NOT NULL,
    code TEXT NOT NULL,
    level TEXT NOT NULL,
    parent TEXT,
    name TEXT NOT NULL,
    lat DOUBLE NOT NULL,
    lon DOUBLE NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, code)
) WITHOUT ROWID;
CREATE INDEX areas_by_level ON areas (district, level, code);
CREATE INDEX areas_by_parent ON areas (district, parent, code);

-- The outer ring of a grid, as a JSON array of [lon, lat].
CREATE TABLE outlines (
    district TEXT NOT NULL,
    grid TEXT NOT NULL,
    ring TEXT NOT NULL,
    PRIMARY KEY (district, grid)
) WITHOUT ROWID;

CREATE TABLE people (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    area TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    gender TEXT NOT NULL,
    birth_year INTEGER NOT NULL,
    lat DOUBLE NOT NULL,
    lon DOUBLE NOT NULL,
    skills TEXT NOT NULL,
    weekly_minutes INTEGER NOT NULL,
    availability TEXT NOT NULL,
    phone_index BLOB NOT NULL,
    sealed BLOB NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX people_by_area ON people (district, area, id);
CREATE UNIQUE INDEX people_by_phone ON people (district, phone_index);
-- A grid has at most one manager.
CREATE UNIQUE INDEX people_one_manager ON people (district, area) WHERE role = 'manager' AND active;

CREATE TABLE credentials (
    district TEXT NOT NULL,
    person TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, person)
) WITHOUT ROWID;

CREATE TABLE beneficiaries (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    grid TEXT NOT NULL,
    category TEXT NOT NULL,
    gender TEXT NOT NULL,
    birth_year INTEGER NOT NULL,
    lat DOUBLE NOT NULL,
    lon DOUBLE NOT NULL,
    lives_alone BOOLEAN NOT NULL,
    mobility TEXT NOT NULL,
    contact TEXT NOT NULL,
    plaque TEXT NOT NULL,
    last_contact DATE,
    last_visitor TEXT,
    id_index BLOB NOT NULL,
    sealed BLOB NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX beneficiaries_by_grid ON beneficiaries (district, grid, id);
CREATE UNIQUE INDEX beneficiaries_by_id_number ON beneficiaries (district, id_index);

CREATE TABLE stations (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    area TEXT NOT NULL,
    name TEXT NOT NULL,
    grid TEXT NOT NULL,
    lat DOUBLE NOT NULL,
    lon DOUBLE NOT NULL,
    phone TEXT NOT NULL,
    hours TEXT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;

CREATE TABLE memorials (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    grid TEXT NOT NULL,
    lat DOUBLE NOT NULL,
    lon DOUBLE NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;

CREATE TABLE holidays (
    district TEXT NOT NULL,
    date DATE NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    calendar TEXT NOT NULL,
    lunar_date TEXT NOT NULL,
    PRIMARY KEY (district, date, code)
) WITHOUT ROWID;

-- The catalogue of services for beneficiaries.
CREATE TABLE service_kinds (
    district TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    skills TEXT NOT NULL,
    due_days INTEGER NOT NULL,
    PRIMARY KEY (district, code)
) WITHOUT ROWID;

CREATE TABLE tasks (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    grid TEXT NOT NULL,
    kind TEXT NOT NULL,
    beneficiary TEXT,
    lat DOUBLE NOT NULL,
    lon DOUBLE NOT NULL,
    minutes INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    skills TEXT NOT NULL,
    not_before DATE NOT NULL,
    due_on DATE NOT NULL,
    window_start INTEGER,
    window_end INTEGER,
    state TEXT NOT NULL,
    assignee TEXT,
    planned_on DATE,
    planned_start INTEGER,
    planned_minutes INTEGER,
    plan TEXT,
    created_by TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX tasks_by_grid ON tasks (district, grid, due_on, id);
CREATE INDEX tasks_by_due ON tasks (district, due_on, id);
CREATE INDEX tasks_by_assignee ON tasks (district, assignee, due_on, id) WHERE assignee IS NOT NULL;
CREATE INDEX tasks_by_beneficiary ON tasks (district, beneficiary, due_on, id) WHERE beneficiary IS NOT NULL;

CREATE TABLE reports (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    task TEXT NOT NULL,
    person TEXT NOT NULL,
    outcome TEXT NOT NULL,
    -- Encrypted, since the note and the answers may contain personal data.
    sealed BLOB NOT NULL,
    lat DOUBLE,
    lon DOUBLE,
    started_at TIMESTAMP,
    ended_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX reports_by_task ON reports (district, task, id);

CREATE TABLE plans (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    area TEXT NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    seed BIGINT NOT NULL,
    measures TEXT NOT NULL,
    created_by TEXT,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX plans_by_area ON plans (district, area, id);

-- The visits of a plan: assignee and time of each task, or the obstacle.
CREATE TABLE plan_visits (
    district TEXT NOT NULL,
    plan TEXT NOT NULL,
    task TEXT NOT NULL,
    grid TEXT NOT NULL,
    person TEXT,
    day DATE,
    start INTEGER,
    travel INTEGER,
    reason TEXT NOT NULL,
    PRIMARY KEY (district, plan, task)
) WITHOUT ROWID;
