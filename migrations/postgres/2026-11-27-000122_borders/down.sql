DROP TABLE borders;
