-- The files of watched folders, by their content: what was read once is not read again, however long ago and whatever it
-- is called by now. A row outlives the bytes of its transmission, which the record has.

CREATE TABLE file (
    line TEXT NOT NULL CHECK (line <> ''),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    transmission INTEGER NOT NULL UNIQUE CHECK (transmission > 0),
    name TEXT NOT NULL CHECK (name <> ''),
    modified_at TEXT CHECK (length(modified_at) = 24),
    PRIMARY KEY (line, sha256)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER file_kept_u BEFORE UPDATE ON file BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER file_kept_d BEFORE DELETE ON file BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
