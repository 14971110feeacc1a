-- Indexes of the week of an area: the follow-up tasks of a time, and those in a state.
CREATE INDEX tasks_follow_ups_by_creation ON tasks (district, created_at, id)
    WHERE origin_id IS NOT NULL;
CREATE INDEX tasks_follow_ups_by_state ON tasks (district, state, updated_at, id)
    WHERE origin_id IS NOT NULL;
