-- A district: its areas, people, beneficiaries, tasks, plans and log.
-- `district` comes first in every key: it is the tenant and the shard, and no
-- key or index crosses it. Codes and ids are text, compared byte by byte
-- (collation "C") so that a range of codes is a range of text; times are UTC; minutes of
-- day count from midnight in the district's own zone.

CREATE TABLE signing_keys (
    kid TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE districts (
    district TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sealed_key BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- The district's counter: locked last in every change, so that the numbers of the
-- log appear in commit order.
CREATE TABLE district_heads (
    district TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL
);

CREATE TABLE events (
    district TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    actor TEXT COLLATE "C",
    action TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    area TEXT COLLATE "C" NOT NULL,
    area_before TEXT COLLATE "C",
    person TEXT COLLATE "C",
    person_before TEXT COLLATE "C",
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (district, seq)
);

CREATE TABLE areas (
    district TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    parent TEXT COLLATE "C",
    name TEXT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, code)
);
CREATE INDEX areas_by_level ON areas (district, level, code);
CREATE INDEX areas_by_parent ON areas (district, parent, code);

-- The outer ring of a grid, as a JSON array of [lon, lat].
CREATE TABLE outlines (
    district TEXT COLLATE "C" NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    ring TEXT NOT NULL,
    PRIMARY KEY (district, grid)
);

CREATE TABLE people (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    area TEXT COLLATE "C" NOT NULL,
    active BOOLEAN NOT NULL,
    gender TEXT COLLATE "C" NOT NULL,
    birth_year INTEGER NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    skills TEXT NOT NULL,
    weekly_minutes INTEGER NOT NULL,
    availability TEXT NOT NULL,
    phone_index BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX people_by_area ON people (district, area, id);
CREATE UNIQUE INDEX people_by_phone ON people (district, phone_index);
-- A grid has at most one manager.
CREATE UNIQUE INDEX people_one_manager ON people (district, area) WHERE role = 'manager' AND active;

CREATE TABLE credentials (
    district TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    password_hash TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, person)
);

CREATE TABLE beneficiaries (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    gender TEXT COLLATE "C" NOT NULL,
    birth_year INTEGER NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lives_alone BOOLEAN NOT NULL,
    mobility TEXT COLLATE "C" NOT NULL,
    contact TEXT COLLATE "C" NOT NULL,
    plaque TEXT COLLATE "C" NOT NULL,
    last_contact DATE,
    last_visitor TEXT COLLATE "C",
    id_index BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX beneficiaries_by_grid ON beneficiaries (district, grid, id);
CREATE UNIQUE INDEX beneficiaries_by_id_number ON beneficiaries (district, id_index);

CREATE TABLE stations (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    area TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    phone TEXT COLLATE "C" NOT NULL,
    hours TEXT NOT NULL,
    PRIMARY KEY (district, id)
);

CREATE TABLE memorials (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (district, id)
);

CREATE TABLE holidays (
    district TEXT COLLATE "C" NOT NULL,
    date DATE NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    calendar TEXT COLLATE "C" NOT NULL,
    lunar_date TEXT NOT NULL,
    PRIMARY KEY (district, date, code)
);

-- The catalogue of services for beneficiaries.
CREATE TABLE service_kinds (
    district TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    skills TEXT NOT NULL,
    due_days INTEGER NOT NULL,
    PRIMARY KEY (district, code)
);

CREATE TABLE tasks (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    beneficiary TEXT COLLATE "C",
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    minutes INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    skills TEXT NOT NULL,
    not_before DATE NOT NULL,
    due_on DATE NOT NULL,
    window_start INTEGER,
    window_end INTEGER,
    state TEXT COLLATE "C" NOT NULL,
    assignee TEXT COLLATE "C",
    planned_on DATE,
    planned_start INTEGER,
    planned_minutes INTEGER,
    plan TEXT COLLATE "C",
    created_by TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX tasks_by_grid ON tasks (district, grid, due_on, id);
CREATE INDEX tasks_by_due ON tasks (district, due_on, id);
CREATE INDEX tasks_by_assignee ON tasks (district, assignee, due_on, id) WHERE assignee IS NOT NULL;
CREATE INDEX tasks_by_beneficiary ON tasks (district, beneficiary, due_on, id) WHERE beneficiary IS NOT NULL;

CREATE TABLE reports (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    task TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    -- Encrypted, since the note and the answers may contain personal data.
    sealed BYTEA NOT NULL,
    lat DOUBLE PRECISION,
    lon DOUBLE PRECISION,
    started_at TIMESTAMP,
    ended_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX reports_by_task ON reports (district, task, id);

CREATE TABLE plans (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    area TEXT COLLATE "C" NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    seed BIGINT NOT NULL,
    measures TEXT NOT NULL,
    created_by TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX plans_by_area ON plans (district, area, id);

-- The visits of a plan: assignee and time of each task, or the obstacle.
CREATE TABLE plan_visits (
    district TEXT COLLATE "C" NOT NULL,
    plan TEXT COLLATE "C" NOT NULL,
    task TEXT COLLATE "C" NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C",
    day DATE,
    start INTEGER,
    travel INTEGER,
    reason TEXT NOT NULL,
    PRIMARY KEY (district, plan, task)
);
