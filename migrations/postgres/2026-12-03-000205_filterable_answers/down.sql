DROP TABLE beneficiary_answers;
