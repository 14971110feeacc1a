-- The view of a visitor ends 72 hours after the visit: the daily job looks at these tasks then.
UPDATE tasks
SET next_action_on = LEAST(next_action_on, (updated_at + INTERVAL '4 days')::DATE)
WHERE state IN ('done', 'failed') AND NOT archived;
