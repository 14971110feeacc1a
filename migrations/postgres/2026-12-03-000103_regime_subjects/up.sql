-- What a regime is about, and the feast that its visits recur by.
ALTER TABLE regimes ADD COLUMN subject TEXT COLLATE "C" NOT NULL DEFAULT 'beneficiaries';
ALTER TABLE regimes ADD COLUMN feast TEXT COLLATE "C";
