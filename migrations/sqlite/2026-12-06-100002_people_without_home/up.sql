-- Whether lat and lon are the home of the person. Without a home they are 0, and the person's routes start at
-- the point of the area.
ALTER TABLE people ADD COLUMN has_home BOOLEAN NOT NULL DEFAULT TRUE;
