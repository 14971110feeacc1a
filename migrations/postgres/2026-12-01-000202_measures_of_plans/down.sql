DROP INDEX plans_by_state;
DROP INDEX tasks_by_planned_day;
