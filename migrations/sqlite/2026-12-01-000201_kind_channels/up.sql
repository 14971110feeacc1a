-- How the beneficiary is met: by a visit, or by a phone call that needs no travel.
ALTER TABLE service_kinds ADD COLUMN channel TEXT NOT NULL DEFAULT 'visit';
UPDATE service_kinds SET channel = 'call' WHERE code = 'phone_call';
