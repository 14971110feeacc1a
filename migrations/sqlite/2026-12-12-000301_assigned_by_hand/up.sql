-- Visits that no plan gave and that are not accepted yet, the longest unchanged first.
CREATE INDEX tasks_assigned_without_plan ON tasks (district, updated_at, id)
    WHERE state = 'assigned' AND plan IS NULL;
