-- Which visits satisfy a visit of a regime: any contact, or completed visits of its kind.
ALTER TABLE regimes ADD COLUMN satisfied_by TEXT NOT NULL DEFAULT 'contact';
