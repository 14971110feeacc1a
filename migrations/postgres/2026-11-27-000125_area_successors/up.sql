-- The areas that took over from a former area, or from part of one, and since when: a code is never
-- used again, so reports and the log still resolve.
CREATE TABLE area_successors (
    district TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    successor TEXT COLLATE "C" NOT NULL,
    since DATE NOT NULL,
    PRIMARY KEY (district, code, successor)
);
