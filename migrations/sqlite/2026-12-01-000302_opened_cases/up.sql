-- The kind of case that each need opens, as JSON.
ALTER TABLE service_kinds ADD COLUMN opens TEXT NOT NULL DEFAULT '{}';
