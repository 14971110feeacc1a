-- The previous build has no movements of stocks that another area took over: they move goods as allotments do.
UPDATE goods_movements SET action = 'allotted' WHERE action = 'taken_over';
-- It knows the computed feasts alone: a regime that follows another occasion pauses with another cadence.
UPDATE regimes SET active = FALSE, cadence = 'every_days', feast = NULL WHERE feast NOT IN (
    'new_year', 'lunar_new_year_eve', 'spring_festival', 'qingming', 'dragon_boat', 'army_day', 'mid_autumn',
    'martyrs_day', 'national_day', 'double_ninth'
);
DROP INDEX goods_movements_expiring;
DROP INDEX goods_movements_to_lot;
DROP INDEX goods_movements_by_lot;
CREATE INDEX goods_movements_by_lot ON goods_movements (district, item, area, lot) WHERE lot IS NOT NULL;
CREATE INDEX goods_movements_to_lot ON goods_movements (district, item, to_area, lot) WHERE lot IS NOT NULL;
