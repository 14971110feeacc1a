DROP TABLE off_duty;
DROP TABLE availability_exceptions;
DROP TABLE absences;
