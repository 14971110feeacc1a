-- How the state of a beneficiary's plaque in the register follows the hand-outs of the item, as JSON.
ALTER TABLE goods_items ADD COLUMN plaque TEXT;
