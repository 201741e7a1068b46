-- When a line must speak, what its instrument's clock says, and which data system an instrument has.

-- Within so many minutes of working time the instrument says something; NULL: it may be silent.
ALTER TABLE instrument ADD COLUMN speaks_every INTEGER;
-- `1-5`, Monday first; NULL: every day.
ALTER TABLE instrument ADD COLUMN working_days TEXT;
-- `08:00-18:00`; NULL: all day.
ALTER TABLE instrument ADD COLUMN working_hours TEXT;
-- What its sequence tables are written for; NULL: it takes none.
ALTER TABLE instrument ADD COLUMN data_system TEXT;

-- A profile that no line may be set to any more; its revisions stay, what they read stays readable.
ALTER TABLE profile ADD COLUMN retired_at TEXT;

-- Differences between an instrument's clock and ours, as transmissions showed them.
CREATE TABLE clock_seen (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instrument_id INTEGER NOT NULL REFERENCES instrument (id),
    transmission_id INTEGER NOT NULL UNIQUE REFERENCES transmission (id),
    shows TEXT NOT NULL,
    ahead_seconds INTEGER NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX clock_seen_by_instrument ON clock_seen (instrument_id, id);
