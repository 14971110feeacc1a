DROP INDEX handouts_by_campaign;
