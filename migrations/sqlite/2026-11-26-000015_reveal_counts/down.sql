DROP TABLE reveal_counts;
