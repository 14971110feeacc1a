-- The previous build applies and undoes a plan in one transaction.
UPDATE plans SET state = 'applied' WHERE state IN ('applying', 'undoing');
ALTER TABLE plan_visits DROP COLUMN left_because;
ALTER TABLE plans DROP COLUMN reached;
ALTER TABLE plans DROP COLUMN changed_by;
