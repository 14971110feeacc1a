-- The districts that `gridward demo` made: their passwords are public, so such a database is served
-- on a loopback address only.
CREATE TABLE demo_districts (
    district TEXT NOT NULL PRIMARY KEY,
    created_at TIMESTAMP NOT NULL
) WITHOUT ROWID;
