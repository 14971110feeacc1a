DROP TABLE area_successors;
