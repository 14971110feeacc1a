DROP TABLE secondments;
