-- What undoes the bulk commands of the last minutes.
CREATE TABLE task_bulks (
    district TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP,
    -- Encrypted: of each changed task the version afterwards and the state before.
    sealed BLOB NOT NULL,
    PRIMARY KEY (district, id)
) WITHOUT ROWID;
