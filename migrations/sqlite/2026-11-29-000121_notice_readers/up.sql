-- When a person read a notice of the district.
CREATE TABLE notice_readers (
    district TEXT NOT NULL,
    notice TEXT NOT NULL,
    person TEXT NOT NULL,
    read_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, person, notice)
) WITHOUT ROWID;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('notice_readers', 'notice_readers', '20000 20000 10 1');
