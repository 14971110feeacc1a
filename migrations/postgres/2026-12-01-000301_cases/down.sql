DROP TABLE case_entries;
DROP TABLE cases;
DROP TABLE case_kind_versions;
DROP TABLE case_kinds;
