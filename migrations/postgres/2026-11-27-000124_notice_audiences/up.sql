-- The roles that a notice addresses, joined by `;` (all if empty), and when it was withdrawn. A
-- withdrawn notice stays on the list of past ones.
ALTER TABLE notices ADD COLUMN audience TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE notices ADD COLUMN withdrawn_at TIMESTAMP;
