-- The view of a visitor ends 72 hours after the visit: the daily job looks at these tasks then.
UPDATE tasks
SET next_action_on = min(coalesce(next_action_on, '9999-12-31'), date(updated_at, '+4 days'))
WHERE state IN ('done', 'failed') AND NOT archived;
