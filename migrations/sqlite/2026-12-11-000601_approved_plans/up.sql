-- The dry plan by which the visits of an approved campaign fit.
ALTER TABLE campaigns ADD COLUMN approved_plan TEXT;
