-- A plan is a draft until it is applied: its state, when the plan came into it, and what applying
-- each visit needs. Plans of before were applied when they were made.
ALTER TABLE plans ADD COLUMN state TEXT NOT NULL DEFAULT 'applied';
ALTER TABLE plans ADD COLUMN state_at TIMESTAMP;
-- The version of the open task that the plan assigns; null if it assigns none.
ALTER TABLE plan_visits ADD COLUMN task_version BIGINT;
-- The minutes of the visit and its additional travel.
ALTER TABLE plan_visits ADD COLUMN minutes INTEGER;
-- The grid of the person when the plan was computed.
ALTER TABLE plan_visits ADD COLUMN person_grid TEXT;
