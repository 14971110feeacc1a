-- When a person read a notice of the district.
CREATE TABLE notice_readers (
    district TEXT COLLATE "C" NOT NULL,
    notice TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    read_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, person, notice)
);
