-- A random name of the upload since its first announcement: its bytes are stored under it, apart from
-- those of an earlier upload with the same id. Empty for uploads of earlier versions.
ALTER TABLE attachments ADD COLUMN upload TEXT COLLATE "C" NOT NULL DEFAULT '';
