-- How many plans a person has is limited.
CREATE INDEX plans_by_author ON plans (district, created_by, state);
