-- The planned hand-outs of a grid, which its manager's phone has.
CREATE INDEX handouts_by_grid ON handouts (district, grid, state, id);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('handouts', 'handouts_by_grid', '150000 150000 63 21 1');
