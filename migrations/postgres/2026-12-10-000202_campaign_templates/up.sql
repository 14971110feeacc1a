-- The campaigns of services, of which drafts are made for an occasion.
CREATE TABLE campaign_templates (
    district TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (district, code)
);
