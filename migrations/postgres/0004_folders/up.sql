-- Watched folders: a line may be a folder, and a transmission may be a file.

-- Which files of the folder are the instrument's; NULL: all of them.
ALTER TABLE instrument ADD COLUMN file_pattern TEXT COLLATE "C";
-- How long a file must stay unchanged before it is read; NULL: the usual time.
ALTER TABLE instrument ADD COLUMN settle_seconds BIGINT;

-- The file's name below the folder; NULL: it came over a wire.
ALTER TABLE transmission ADD COLUMN file_name TEXT COLLATE "C";
ALTER TABLE transmission ADD COLUMN file_modified_at TEXT COLLATE "C";
-- The file of the same name that came before this one.
ALTER TABLE transmission ADD COLUMN corrects_id BIGINT REFERENCES transmission (id);
CREATE INDEX transmission_by_file ON transmission (instrument_id, file_name, id);
