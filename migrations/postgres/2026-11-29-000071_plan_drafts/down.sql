ALTER TABLE plan_visits DROP COLUMN person_grid;
ALTER TABLE plan_visits DROP COLUMN minutes;
ALTER TABLE plan_visits DROP COLUMN task_version;
-- The previous build knows applied plans only.
DELETE FROM plan_visits WHERE plan IN
    (SELECT id FROM plans WHERE plans.district = plan_visits.district AND state <> 'applied');
DELETE FROM plans WHERE state <> 'applied';
ALTER TABLE plans DROP COLUMN state_at;
ALTER TABLE plans DROP COLUMN state;
