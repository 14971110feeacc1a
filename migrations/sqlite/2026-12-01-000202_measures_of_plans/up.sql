-- What is planned in a period, and the last plan that is applied, without reading all tasks and plans.
CREATE INDEX tasks_by_planned_day ON tasks (district, planned_on, grid, planned_travel)
    WHERE planned_on IS NOT NULL;
CREATE INDEX plans_by_state ON plans (district, state, state_at);
