-- The day on which the report was made, by the phone's clock as the server corrects it: a phone without a
-- network sends it later. NULL: a report of before, which counts on the day on which it arrived.
ALTER TABLE reports ADD COLUMN made_on DATE;
