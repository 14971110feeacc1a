DROP TABLE demo_districts;
