-- The campaigns of services, of which drafts are made for an occasion.
CREATE TABLE campaign_templates (
    district TEXT NOT NULL,
    code TEXT NOT NULL,
    version BIGINT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (district, code)
) WITHOUT ROWID;
