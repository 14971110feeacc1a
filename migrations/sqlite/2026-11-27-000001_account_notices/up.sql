-- Notices to one person about the own account, until the person acknowledges them.
CREATE TABLE account_notices (
    district TEXT NOT NULL,
    person TEXT NOT NULL,
    id TEXT NOT NULL,
    -- session_reused.
    kind TEXT NOT NULL,
    -- The name of the device that the notice is about.
    device TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    acknowledged_at TIMESTAMP,
    PRIMARY KEY (district, person, id)
) WITHOUT ROWID;
