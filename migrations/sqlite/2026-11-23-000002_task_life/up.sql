-- The complete life cycle of a task, the hash chain of the log, and the tables for
-- offline phones. The log of earlier development versions has no hashes and is
-- restarted.

DROP TABLE events;
CREATE TABLE events (
    district TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    actor TEXT,
    device TEXT,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    area TEXT NOT NULL,
    area_before TEXT,
    person TEXT,
    person_before TEXT,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (district, seq)
) WITHOUT ROWID;
CREATE INDEX events_by_area ON events (district, area, seq);
CREATE INDEX events_by_area_before ON events (district, area_before, seq) WHERE area_before IS NOT NULL;
CREATE INDEX events_by_person ON events (district, person, seq) WHERE person IS NOT NULL;
CREATE INDEX events_by_person_before ON events (district, person_before, seq) WHERE person_before IS NOT NULL;
CREATE INDEX events_by_subject ON events (district, subject_id, seq);
CREATE INDEX events_by_actor ON events (district, actor, seq) WHERE actor IS NOT NULL;

-- In addition to the last number: the last hash, the last archived number and its
-- hash, and the epoch of the log (a new one after a restore).
UPDATE district_heads SET seq = 0;
ALTER TABLE district_heads ADD COLUMN hash BLOB NOT NULL DEFAULT x'';
ALTER TABLE district_heads ADD COLUMN archived_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE district_heads ADD COLUMN archived_hash BLOB NOT NULL DEFAULT x'';
ALTER TABLE district_heads ADD COLUMN epoch TEXT NOT NULL DEFAULT '';

-- The rules of a kind; a task copies them when it is created.
ALTER TABLE service_kinds ADD COLUMN attempts INTEGER NOT NULL DEFAULT 2;
ALTER TABLE service_kinds ADD COLUMN retry_days INTEGER NOT NULL DEFAULT 3;
ALTER TABLE service_kinds ADD COLUMN overdue TEXT NOT NULL DEFAULT 'escalate';
ALTER TABLE service_kinds ADD COLUMN escalate_days INTEGER NOT NULL DEFAULT 7;
-- The JSON Schema of a report's answers, and the follow-up kind for each need.
ALTER TABLE service_kinds ADD COLUMN form TEXT;
ALTER TABLE service_kinds ADD COLUMN follow_ups TEXT NOT NULL DEFAULT '{}';
ALTER TABLE service_kinds ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

ALTER TABLE tasks ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tasks ADD COLUMN attempts INTEGER NOT NULL DEFAULT 2;
ALTER TABLE tasks ADD COLUMN retry_days INTEGER NOT NULL DEFAULT 3;
ALTER TABLE tasks ADD COLUMN overdue TEXT NOT NULL DEFAULT 'escalate';
ALTER TABLE tasks ADD COLUMN escalate_days INTEGER NOT NULL DEFAULT 7;
-- The level that is responsible for the task.
ALTER TABLE tasks ADD COLUMN desk TEXT NOT NULL DEFAULT 'grid';
-- The day of the next automatic step.
ALTER TABLE tasks ADD COLUMN look_on DATE;
-- Ended so long ago that phones delete it.
ALTER TABLE tasks ADD COLUMN archived BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE tasks SET look_on = due_on;
CREATE INDEX tasks_by_look ON tasks (district, look_on) WHERE look_on IS NOT NULL;

-- The content of a report is encrypted, including the position.
ALTER TABLE reports DROP COLUMN lat;
ALTER TABLE reports DROP COLUMN lon;
ALTER TABLE reports DROP COLUMN started_at;
ALTER TABLE reports DROP COLUMN ended_at;
ALTER TABLE reports ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
-- Stored as evidence without a change of state.
ALTER TABLE reports ADD COLUMN recorded BOOLEAN NOT NULL DEFAULT FALSE;
-- Flags for doubtful values: the clock, the form.
ALTER TABLE reports ADD COLUMN doubts TEXT NOT NULL DEFAULT '';

-- Every command with an id, so that it takes effect at most once: from a phone's
-- outbox, or a single call with an Idempotency-Key.
CREATE TABLE commands (
    district TEXT NOT NULL,
    person TEXT NOT NULL,
    id TEXT NOT NULL,
    action TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    sealed_request BLOB NOT NULL,
    sealed_answer BLOB NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, person, id)
) WITHOUT ROWID;
CREATE INDEX commands_by_age ON commands (district, created_at);

-- Announcements to the people of an area.
CREATE TABLE notices (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    area TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    until DATE NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX notices_by_area ON notices (district, area, id);
