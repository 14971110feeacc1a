-- Each hand-out reads the last days of use of the lots of its item.
CREATE INDEX goods_movements_expiring ON goods_movements (district, item, lot, expires_on)
    WHERE expires_on IS NOT NULL;
