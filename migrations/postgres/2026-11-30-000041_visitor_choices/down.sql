DROP TABLE visitor_choices;
