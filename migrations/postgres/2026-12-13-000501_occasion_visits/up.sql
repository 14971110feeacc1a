-- The last visit of a member at each occasion that the regime has followed: [day, task] by the code of the occasion.
ALTER TABLE regime_members ADD COLUMN occasions TEXT NOT NULL DEFAULT '{}';
-- Those of the present occasions, as far as their content is approved: else the last visits are of the one before.
UPDATE regime_members SET occasions =
        '{"' || regimes.feast || '":["' || to_char(slot, 'YYYY-MM-DD') || '","' || task || '"]}'
    FROM regimes
    WHERE regimes.district = regime_members.district AND regimes.id = regime_members.regime
        AND regimes.feast IS NOT NULL AND slot IS NOT NULL AND task IS NOT NULL
        AND (regimes.active OR regimes.activated_by IS NOT NULL AND regimes.authors = '');
