-- Profiles: devices described by the laboratory itself; every save is a revision that stays.

CREATE TABLE profile (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE profile_revision (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    profile_id INTEGER NOT NULL REFERENCES profile (id),
    n INTEGER NOT NULL,
    text TEXT NOT NULL,
    reason TEXT NOT NULL,
    by_id INTEGER REFERENCES person (id),
    at TEXT NOT NULL,
    UNIQUE (profile_id, n)
) STRICT;
CREATE TRIGGER profile_revision_no_update BEFORE UPDATE ON profile_revision BEGIN
    SELECT RAISE(ABORT, 'profile_revision is append-only');
END;
CREATE TRIGGER profile_revision_no_delete BEFORE DELETE ON profile_revision BEGIN
    SELECT RAISE(ABORT, 'profile_revision is append-only');
END;

-- Which driver read a transmission, and in which revision: a profile's number, or the program's version.
ALTER TABLE transmission ADD COLUMN driver TEXT;
ALTER TABLE transmission ADD COLUMN driver_revision TEXT;
