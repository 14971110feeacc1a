-- Statistics of a typical district for SQLite's query planner. Without them it
-- assumes ten rows per district and scans all of them instead of using an index.
-- They are fixed and not measured, so that query plans do not depend on the age of
-- a district.
ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('areas', 'areas', '3000 3000 1'),
    ('areas', 'areas_by_level', '3000 3000 700 1'),
    ('areas', 'areas_by_parent', '3000 3000 9 1'),
    ('beneficiaries', 'beneficiaries', '62000 62000 1'),
    ('beneficiaries', 'beneficiaries_by_grid', '62000 62000 26 1'),
    ('beneficiaries', 'beneficiaries_by_id_number', '62000 62000 1'),
    ('people', 'people', '22000 22000 1'),
    ('people', 'people_by_area', '22000 22000 9 1'),
    ('people', 'people_by_phone', '22000 22000 1'),
    ('people', 'people_one_manager', '2400 2400 1'),
    ('tasks', 'tasks', '200000 200000 1'),
    ('tasks', 'tasks_by_grid', '200000 200000 80 3 1'),
    ('tasks', 'tasks_by_due', '200000 200000 600 1'),
    ('tasks', 'tasks_by_assignee', '180000 180000 10 2 1'),
    ('tasks', 'tasks_by_beneficiary', '200000 200000 4 2 1'),
    ('tasks', 'tasks_by_look', '20000 20000 700'),
    ('events', 'events', '1000000 1000000 1'),
    ('events', 'events_by_area', '1000000 1000000 400 1'),
    ('events', 'events_by_area_before', '10000 10000 5 1'),
    ('events', 'events_by_person', '600000 600000 60 1'),
    ('events', 'events_by_person_before', '400000 400000 40 1'),
    ('events', 'events_by_subject', '1000000 1000000 5 1'),
    ('events', 'events_by_actor', '900000 900000 90 1'),
    ('reports', 'reports', '200000 200000 1'),
    ('reports', 'reports_by_task', '200000 200000 1 1'),
    ('commands', 'commands', '500000 500000 40 1'),
    ('commands', 'commands_by_age', '500000 500000 2'),
    ('attachments', 'attachments', '200000 200000 1'),
    ('attachments', 'attachments_by_task', '200000 200000 2 2'),
    ('notices', 'notices', '1000 1000 1'),
    ('notices', 'notices_by_area', '1000 1000 5 1'),
    ('plans', 'plans', '5000 5000 1'),
    ('plans', 'plans_by_area', '5000 5000 5 1'),
    ('plan_visits', 'plan_visits', '1000000 1000000 200 1');
