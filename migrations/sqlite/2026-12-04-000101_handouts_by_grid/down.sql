DELETE FROM sqlite_stat1 WHERE idx = 'handouts_by_grid';
DROP INDEX handouts_by_grid;
