-- Kinds of case: the path from the opening of a case to its end, as JSON. A kind that the district
-- has not changed and for which it has no case is a default of the server and has no row.
CREATE TABLE case_kinds (
    district TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (district, code)
);
-- Earlier versions of kinds, which cases may keep.
CREATE TABLE case_kind_versions (
    district TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    replaced_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, code, version)
);
-- Cases: matters that are followed on the path of their kind.
CREATE TABLE cases (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    kind_version BIGINT NOT NULL,
    class TEXT COLLATE "C",
    -- The beneficiary, whose grid is the area of the case; without one, the area itself.
    beneficiary TEXT COLLATE "C",
    area TEXT COLLATE "C",
    -- report, walk_in, phone or application.
    source TEXT COLLATE "C" NOT NULL,
    -- The report that found the matter.
    report TEXT COLLATE "C",
    urgent BOOLEAN NOT NULL,
    opened_by TEXT COLLATE "C" NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    step TEXT COLLATE "C" NOT NULL,
    -- The level that it waits for; null at an end.
    waits_for TEXT COLLATE "C",
    -- When the step began, and by whom; null for the system.
    begun_at TIMESTAMP NOT NULL,
    asked_by TEXT COLLATE "C",
    due_on DATE,
    escalates_on DATE,
    -- The task that the step awaits.
    task TEXT COLLATE "C",
    result TEXT COLLATE "C",
    -- Encrypted: the description.
    sealed BYTEA NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, id)
);
CREATE INDEX cases_by_waiting ON cases (district, begun_at, id) WHERE result IS NULL;
CREATE INDEX cases_by_end ON cases (district, begun_at, id) WHERE result IS NOT NULL;
CREATE INDEX cases_by_escalation ON cases (district, escalates_on) WHERE escalates_on IS NOT NULL;
CREATE INDEX cases_by_beneficiary ON cases (district, beneficiary) WHERE beneficiary IS NOT NULL;
CREATE INDEX cases_by_report ON cases (district, report) WHERE report IS NOT NULL;
-- The history of a case: its opening, moves and escalations, numbered from 1.
CREATE TABLE case_entries (
    district TEXT COLLATE "C" NOT NULL,
    case_id TEXT COLLATE "C" NOT NULL,
    number INTEGER NOT NULL,
    -- open, move or escalate.
    action TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP NOT NULL,
    -- Null for the system.
    person TEXT COLLATE "C",
    from_step TEXT COLLATE "C",
    to_step TEXT COLLATE "C" NOT NULL,
    taken TEXT COLLATE "C",
    waits_for TEXT COLLATE "C",
    -- Encrypted: note, answers, amount and referral.
    sealed BYTEA NOT NULL,
    PRIMARY KEY (district, case_id, number)
);
