ALTER TABLE cases DROP COLUMN carried_out_at;
