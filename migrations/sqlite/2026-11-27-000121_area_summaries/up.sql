-- Indexes of the summary by area: each of its figures is one GROUP BY over one of these, without
-- reading rows. They leave finished tasks, former people and ended beneficiaries out, so they grow
-- with the work at hand and not with the history; the columns of their conditions are named so
-- that SQLite reads them from the index.
CREATE INDEX tasks_waiting_by_grid
    ON tasks (district, grid, state, due_on, escalation_level, planned_on, planned_minutes)
    WHERE state IN ('open', 'assigned', 'accepted', 'in_progress', 'failed');
CREATE INDEX people_offers_by_area ON people (district, area, weekly_minutes, state, role)
    WHERE state = 'active' AND role IN ('manager', 'volunteer');
CREATE INDEX beneficiaries_by_contact ON beneficiaries (district, grid, last_contact, valid_to)
    WHERE valid_to IS NULL;
CREATE INDEX plans_by_last_day ON plans (district, last_day, id);
CREATE INDEX plan_visits_unserved ON plan_visits (district, plan, task, person)
    WHERE person IS NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('tasks', 'tasks_waiting_by_grid', '20000 20000 8 3 2 2 2 2'),
    ('people', 'people_offers_by_area', '22000 22000 9 3 3 3'),
    ('beneficiaries', 'beneficiaries_by_contact', '62000 62000 26 2 2'),
    ('plans', 'plans_by_last_day', '5000 5000 20 1'),
    ('plan_visits', 'plan_visits_unserved', '50000 50000 50 1 1');
