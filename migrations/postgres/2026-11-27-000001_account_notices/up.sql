-- Notices to one person about the own account, until the person acknowledges them.
CREATE TABLE account_notices (
    district TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    -- session_reused.
    kind TEXT COLLATE "C" NOT NULL,
    -- The name of the device that the notice is about.
    device TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    acknowledged_at TIMESTAMP,
    PRIMARY KEY (district, person, id)
);
