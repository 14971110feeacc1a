-- Planned hand-outs that an end or the closing of their campaign has returned: kept from then on.
UPDATE handouts
SET at = coalesce(
    (SELECT valid_to || ' 00:00:00' FROM beneficiaries
     WHERE beneficiaries.district = handouts.district AND beneficiaries.id = handouts.beneficiary),
    (SELECT closed_at FROM campaigns
     WHERE campaigns.district = handouts.district AND campaigns.id = handouts.campaign),
    CURRENT_TIMESTAMP
)
WHERE state = 'returned' AND at IS NULL;
