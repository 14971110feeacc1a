-- Kinds of case: the path from the opening of a case to its end, as JSON. A kind that the district
-- has not changed and for which it has no case is a default of the server and has no row.
CREATE TABLE case_kinds (
    district TEXT NOT NULL,
    code TEXT NOT NULL,
    version BIGINT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (district, code)
) WITHOUT ROWID;
-- Earlier versions of kinds, which cases may keep.
CREATE TABLE case_kind_versions (
    district TEXT NOT NULL,
    code TEXT NOT NULL,
    version BIGINT NOT NULL,
    content TEXT NOT NULL,
    replaced_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, code, version)
) WITHOUT ROWID;
-- Cases: matters that are followed on the path of their kind.
CREATE TABLE cases (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    kind_version BIGINT NOT NULL,
    class TEXT,
    -- The beneficiary, whose grid is the area of the case; without one, the area itself.
    beneficiary TEXT,
    area TEXT,
    -- report, walk_in, phone or application.
    source TEXT NOT NULL,
    -- The report that found the matter.
    report TEXT,
    urgent BOOLEAN NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    step TEXT NOT NULL,
    -- The level that it waits for; null at an end.
    waits_for TEXT,
    -- When the step began, and by whom; null for the system.
    begun_at TIMESTAMP NOT NULL,
    asked_by TEXT,
    due_on DATE,
    escalates_on DATE,
    -- The task that the step awaits.
    task TEXT,
    result TEXT,
    -- Encrypted: the description.
    sealed BLOB NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
CREATE INDEX cases_by_waiting ON cases (district, begun_at, id) WHERE result IS NULL;
CREATE INDEX cases_by_end ON cases (district, begun_at, id) WHERE result IS NOT NULL;
CREATE INDEX cases_by_escalation ON cases (district, escalates_on) WHERE escalates_on IS NOT NULL;
CREATE INDEX cases_by_beneficiary ON cases (district, beneficiary) WHERE beneficiary IS NOT NULL;
CREATE INDEX cases_by_report ON cases (district, report) WHERE report IS NOT NULL;
-- The history of a case: its opening, moves and escalations, numbered from 1.
CREATE TABLE case_entries (
    district TEXT NOT NULL,
    case_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    -- open, move or escalate.
    action TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    -- Null for the system.
    person TEXT,
    from_step TEXT,
    to_step TEXT NOT NULL,
    taken TEXT,
    waits_for TEXT,
    -- Encrypted: note, answers, amount and referral.
    sealed BLOB NOT NULL,
    PRIMARY KEY (district, case_id, number)
) WITHOUT ROWID;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('case_kinds', 'case_kinds', '10 10 1'),
    ('cases', 'cases', '5000 5000 1'),
    ('cases', 'cases_by_waiting', '2500 2500 1 1'),
    ('cases', 'cases_by_end', '2500 2500 1 1'),
    ('cases', 'cases_by_escalation', '2000 2000 20'),
    ('cases', 'cases_by_beneficiary', '4500 4500 2'),
    ('cases', 'cases_by_report', '2000 2000 1'),
    ('case_entries', 'case_entries', '20000 20000 4 1');
