DROP TABLE reveal_allowances;
