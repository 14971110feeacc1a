-- Whether the visits of a regime are assigned to the responsible person.
ALTER TABLE regimes ADD COLUMN assign_responsible BOOLEAN NOT NULL DEFAULT FALSE;
