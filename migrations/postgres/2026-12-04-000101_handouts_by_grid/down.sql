DROP INDEX handouts_by_grid;
