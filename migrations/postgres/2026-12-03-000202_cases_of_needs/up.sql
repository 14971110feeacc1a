-- The case of an accepted need.
ALTER TABLE proposals ADD COLUMN created_case TEXT COLLATE "C";
-- Kinds of service that districts have saved before there were cases open the shipped ones too, where the
-- district has these needs and no task for them.
UPDATE service_kinds SET opens = '{"employment":"employment","legal":"legal"}'
WHERE code IN ('home_visit', 'condolence') AND opens = '{}'
    AND follow_ups NOT LIKE '%"legal"%' AND follow_ups NOT LIKE '%"employment"%'
    AND NOT EXISTS (
        SELECT 1 FROM vocabularies
        WHERE vocabularies.district = service_kinds.district AND vocabularies.name = 'needs'
            AND (words NOT LIKE '%"legal"%' OR words NOT LIKE '%"employment"%')
    );
