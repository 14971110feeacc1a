-- The area of which the plan has all open tasks: its own, or the one by which alone it selects. NULL for other
-- selections.
ALTER TABLE plans ADD COLUMN whole_area TEXT;
UPDATE plans SET whole_area = area WHERE request IS NULL OR request::jsonb -> 'only' IS NULL;
UPDATE plans SET whole_area = request::jsonb #>> '{only,area}'
    WHERE request::jsonb -> 'only' = jsonb_build_object('area', request::jsonb #> '{only,area}');
