-- What came over the lines, byte for byte. Rows are appended and never changed: the triggers refuse the rest.

CREATE TABLE journal (
    only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    -- 128 random bits, new with each file: a copied or re-made journal can never be taken for another.
    epoch TEXT NOT NULL CHECK (length(epoch) = 32)
) STRICT;

CREATE TABLE transmission (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    line TEXT NOT NULL CHECK (line <> ''),
    driver TEXT NOT NULL,
    started_at TEXT NOT NULL CHECK (length(started_at) = 24)
) STRICT;

CREATE TABLE chunk (
    transmission INTEGER NOT NULL REFERENCES transmission (seq),
    n INTEGER NOT NULL CHECK (n >= 0),
    at TEXT NOT NULL CHECK (length(at) = 24),
    kind TEXT NOT NULL CHECK (kind IN ('control', 'frame', 'repeated', 'refused', 'noise')),
    bytes BLOB NOT NULL,
    -- What we answered once the bytes were kept.
    answer BLOB NOT NULL,
    fault TEXT,
    -- A message that became whole with these bytes, and where its stretches stood on the wire: [[at, wire, len], …].
    message BLOB,
    pieces TEXT CHECK ((pieces IS NULL) = (message IS NULL)),
    PRIMARY KEY (transmission, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE closing (
    transmission INTEGER NOT NULL PRIMARY KEY REFERENCES transmission (seq),
    state TEXT NOT NULL CHECK (state IN ('complete', 'torn', 'empty')),
    fault TEXT,
    ended_at TEXT NOT NULL CHECK (length(ended_at) = 24)
) STRICT;

-- The delivered cursor of a line is its last row here.
CREATE TABLE delivery (
    transmission INTEGER NOT NULL PRIMARY KEY REFERENCES closing (transmission),
    at TEXT NOT NULL CHECK (length(at) = 24)
) STRICT;

CREATE INDEX transmission_of_line ON transmission (line, seq);

CREATE TRIGGER chunk_after_closing BEFORE INSERT ON chunk
WHEN EXISTS (SELECT 1 FROM closing WHERE closing.transmission = NEW.transmission)
BEGIN SELECT RAISE(ABORT, 'the transmission is closed'); END;

CREATE TRIGGER journal_kept_u BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_kept_d BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER transmission_kept_u BEFORE UPDATE ON transmission BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER transmission_kept_d BEFORE DELETE ON transmission BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER chunk_kept_u BEFORE UPDATE ON chunk BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER chunk_kept_d BEFORE DELETE ON chunk BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER closing_kept_u BEFORE UPDATE ON closing BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER closing_kept_d BEFORE DELETE ON closing BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER delivery_kept_u BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER delivery_kept_d BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
