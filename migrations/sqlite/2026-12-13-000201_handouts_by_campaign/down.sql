DELETE FROM sqlite_stat1 WHERE idx = 'handouts_by_campaign';
DROP INDEX handouts_by_campaign;
