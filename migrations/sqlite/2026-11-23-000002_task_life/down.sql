DROP TABLE notices;
DROP TABLE commands;
ALTER TABLE reports DROP COLUMN doubts;
ALTER TABLE reports DROP COLUMN recorded;
ALTER TABLE reports DROP COLUMN attempt;
ALTER TABLE reports ADD COLUMN lat DOUBLE;
ALTER TABLE reports ADD COLUMN lon DOUBLE;
ALTER TABLE reports ADD COLUMN started_at TIMESTAMP;
ALTER TABLE reports ADD COLUMN ended_at TIMESTAMP;
DROP INDEX tasks_by_look;
ALTER TABLE tasks DROP COLUMN archived;
ALTER TABLE tasks DROP COLUMN look_on;
ALTER TABLE tasks DROP COLUMN desk;
ALTER TABLE tasks DROP COLUMN escalate_days;
ALTER TABLE tasks DROP COLUMN overdue;
ALTER TABLE tasks DROP COLUMN retry_days;
ALTER TABLE tasks DROP COLUMN attempts;
ALTER TABLE tasks DROP COLUMN attempt;
ALTER TABLE service_kinds DROP COLUMN version;
ALTER TABLE service_kinds DROP COLUMN follow_ups;
ALTER TABLE service_kinds DROP COLUMN form;
ALTER TABLE service_kinds DROP COLUMN escalate_days;
ALTER TABLE service_kinds DROP COLUMN overdue;
ALTER TABLE service_kinds DROP COLUMN retry_days;
ALTER TABLE service_kinds DROP COLUMN attempts;
ALTER TABLE district_heads DROP COLUMN epoch;
ALTER TABLE district_heads DROP COLUMN archived_hash;
ALTER TABLE district_heads DROP COLUMN archived_seq;
ALTER TABLE district_heads DROP COLUMN hash;
DROP TABLE events;
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
