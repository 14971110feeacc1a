-- The thumbprint (RFC 7638) of the key that the device proves with each request; NULL for a
-- session of a bearer of tokens.
ALTER TABLE sessions ADD COLUMN key_hash BLOB;
