-- The version of a district's outlines, so that clients and servers know whether those that they
-- hold are current. A district without a row is at version 0.
CREATE TABLE borders (
    district TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
) WITHOUT ROWID;
