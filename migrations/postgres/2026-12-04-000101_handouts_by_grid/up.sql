-- The planned hand-outs of a grid, which its manager's phone has.
CREATE INDEX handouts_by_grid ON handouts (district, grid, state, id);
