-- The area of which the plan has all open tasks: its own, or the one by which alone it selects. NULL for other
-- selections.
ALTER TABLE plans ADD COLUMN whole_area TEXT;
UPDATE plans SET whole_area = area WHERE request IS NULL OR json_type(request, '$.only') IS NULL;
UPDATE plans SET whole_area = json_extract(request, '$.only.area')
    WHERE json_extract(request, '$.only') = json_object('area', json_extract(request, '$.only.area'));
