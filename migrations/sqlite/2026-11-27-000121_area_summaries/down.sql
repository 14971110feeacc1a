DROP INDEX plan_visits_unserved;
DROP INDEX plans_by_last_day;
DROP INDEX beneficiaries_by_contact;
DROP INDEX people_offers_by_area;
DROP INDEX tasks_waiting_by_grid;
