-- The words of a district that has changed them: a JSON array in the order in which they are
-- shown. A vocabulary without a row has the words of a new district.
CREATE TABLE vocabularies (
    district TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    words TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, name)
);

-- Skills were words of no list until now: those in use that a new district lacks become words too,
-- after its words, with their codes as labels.
WITH
    texts (district, skills) AS (
        SELECT district, skills FROM people
        UNION SELECT district, skills FROM tasks
        UNION SELECT district, skills FROM service_kinds
    ),
    known (place, code, label_zh, label_en) AS (VALUES
        (0, 'driving', '驾驶', 'Driving'),
        (1, 'dialect', '本地方言', 'Local dialect'),
        (2, 'digital', '手机和网络', 'Phones and the internet'),
        (3, 'first_aid', '急救', 'First aid'),
        (4, 'medical', '医疗护理', 'Medical care'),
        (5, 'counselling', '心理疏导', 'Counselling'),
        (6, 'legal', '法律', 'Law'),
        (7, 'sign_language', '手语', 'Sign language'),
        (8, 'repair', '家电维修', 'Repairs at home'),
        (9, 'haircut', '理发', 'Haircuts')
    ),
    others (district, code) AS (
        SELECT DISTINCT district, code
        FROM texts, regexp_split_to_table(skills, ';') AS code
        WHERE code <> '' AND code NOT IN (SELECT code FROM known)
    ),
    words (district, place, code, label_zh, label_en) AS (
        SELECT district, place, known.code, label_zh, label_en
            FROM (SELECT DISTINCT district FROM others) AS districts, known
        UNION ALL
        SELECT district, 10, code, code, code FROM others
    )
INSERT INTO vocabularies (district, name, words, version)
    SELECT district, 'skills', json_agg(json_build_object(
        'code', code, 'label_zh', label_zh, 'label_en', label_en,
        'active', true, 'version', 1
    ) ORDER BY place, code COLLATE "C")::text, 1
    FROM words
    GROUP BY district;
