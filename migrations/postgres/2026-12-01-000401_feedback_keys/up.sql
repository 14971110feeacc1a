-- The Idempotency-Key of the sender: a repetition is stored once.
ALTER TABLE feedback ADD COLUMN key TEXT COLLATE "C";
CREATE UNIQUE INDEX feedback_by_key ON feedback (district, key);
