-- The words of a district that has changed them: a JSON array in the order in which they are
-- shown. A vocabulary without a row has the words of a new district.
CREATE TABLE vocabularies (
    district TEXT NOT NULL,
    name TEXT NOT NULL,
    words TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (district, name)
) WITHOUT ROWID;

-- Skills were words of no list until now: those in use that a new district lacks become words too,
-- after its words, with their codes as labels.
WITH RECURSIVE
    texts (district, skills) AS (
        SELECT district, skills FROM people
        UNION SELECT district, skills FROM tasks
        UNION SELECT district, skills FROM service_kinds
    ),
    split (district, code, rest) AS (
        SELECT district, '', skills || ';' FROM texts
        UNION
        SELECT district, substr(rest, 1, instr(rest, ';') - 1), substr(rest, instr(rest, ';') + 1)
            FROM split WHERE rest <> ''
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
        SELECT DISTINCT district, code FROM split
        WHERE code <> '' AND code NOT IN (SELECT code FROM known)
    ),
    words (district, place, code, label_zh, label_en) AS (
        SELECT district, place, known.code, label_zh, label_en
            FROM (SELECT DISTINCT district FROM others), known
        UNION ALL
        SELECT district, 10, code, code, code FROM others
    )
INSERT INTO vocabularies (district, name, words, version)
    SELECT district, 'skills', json_group_array(json_object(
        'code', code, 'label_zh', label_zh, 'label_en', label_en,
        'active', json('true'), 'version', 1
    )), 1
    FROM (SELECT * FROM words ORDER BY district, place, code)
    GROUP BY district;
