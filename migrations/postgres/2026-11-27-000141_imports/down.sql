DROP TABLE import_headings;
DROP TABLE import_faults;
DROP TABLE imports;
