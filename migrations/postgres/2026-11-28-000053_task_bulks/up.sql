-- What undoes the bulk commands of the last minutes.
CREATE TABLE task_bulks (
    district TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP,
    -- Encrypted: of each changed task the version afterwards and the state before.
    sealed BYTEA NOT NULL,
    PRIMARY KEY (district, id)
);
