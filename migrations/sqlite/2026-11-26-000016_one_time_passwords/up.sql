-- When a one-time password expires; null for a password that its owner chose.
ALTER TABLE credentials ADD COLUMN one_time_until TIMESTAMP;
