-- When the register followed the decision of a case, which decides one change alone.
ALTER TABLE cases ADD COLUMN carried_out_at TIMESTAMP;
