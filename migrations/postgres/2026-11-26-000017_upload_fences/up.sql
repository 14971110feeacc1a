-- The number of the newest PATCH request of an upload: parts that an earlier one still writes are
-- not counted.
ALTER TABLE attachments ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
