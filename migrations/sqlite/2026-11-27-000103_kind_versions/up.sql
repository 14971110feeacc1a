-- Kinds of service that admins create, change and archive. The previous build had no way to change
-- a kind, so the kinds of a new district get their English names and labels here.
ALTER TABLE service_kinds ADD COLUMN name_en TEXT NOT NULL DEFAULT '';
ALTER TABLE service_kinds ADD COLUMN active BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE service_kinds SET name_en = CASE code
    WHEN 'home_visit' THEN 'Home visit'
    WHEN 'condolence' THEN 'Holiday visit'
    WHEN 'hardship_follow_up' THEN 'Follow-up of a hardship'
    WHEN 'plaque_check' THEN 'Check of the plaque'
    WHEN 'phone_call' THEN 'Phone call'
    ELSE name
END;
UPDATE service_kinds SET form = '{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"health":{"oneOf":[{"const":"good","title":"好","x-title-en":"Good"},{"const":"fair","title":"一般","x-title-en":"Fair"},{"const":"poor","title":"差","x-title-en":"Poor"}],"title":"身体状况","x-order":1,"x-title-en":"Health"},"plaque":{"title":"光荣牌","type":"string","x-order":2,"x-title-en":"Plaque","x-vocabulary":"plaque_states"},"wishes":{"maxLength":500,"title":"愿望","type":"string","x-order":3,"x-title-en":"Wishes"}},"type":"object"}'
    WHERE code = 'home_visit' AND version = 1 AND form IS NOT NULL;
UPDATE service_kinds SET form = '{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"help_arrived":{"title":"帮扶是否到位","type":"boolean","x-order":1,"x-title-en":"Help has arrived"},"measures":{"maxLength":500,"title":"措施","type":"string","x-order":3,"x-title-en":"Measures"},"still_needed":{"title":"仍需帮扶","type":"boolean","x-order":2,"x-title-en":"Help is still needed"}},"required":["still_needed"],"type":"object"}'
    WHERE code = 'hardship_follow_up' AND version = 1 AND form IS NOT NULL;

-- The versions of a kind before the current one, as JSON: a task keeps the version of its kind.
CREATE TABLE service_kind_versions (
    district TEXT NOT NULL,
    code TEXT NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    replaced_at TIMESTAMP NOT NULL,
    PRIMARY KEY (district, code, version)
) WITHOUT ROWID;
ALTER TABLE tasks ADD COLUMN kind_version BIGINT NOT NULL DEFAULT 1;
