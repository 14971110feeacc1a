ALTER TABLE sessions DROP COLUMN authenticated_at;
ALTER TABLE credentials DROP COLUMN before_enrolment;
DROP TABLE totp_secrets;
DROP TABLE device_keys;
DROP TABLE code_requests;
DROP TABLE code_attempts;
DROP TABLE invitations;
