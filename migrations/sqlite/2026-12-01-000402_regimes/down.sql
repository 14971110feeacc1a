DROP TABLE regime_members;
DROP TABLE regimes;
