-- Bench agents: computers beside the instruments that own lines and deliver what they say.

CREATE TABLE agent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- SHA-256 of the token; the token itself was shown once.
    token_hash TEXT NOT NULL UNIQUE,
    enrolled_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT;

-- How an agent was when it was last heard. Not a fact of the laboratory, so outside the record.
CREATE TABLE agent_health (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id INTEGER NOT NULL UNIQUE REFERENCES agent (id),
    seen_at TEXT NOT NULL,
    beat TEXT NOT NULL
) STRICT;

-- NULL: the hub itself owns the line.
ALTER TABLE instrument ADD COLUMN agent_id INTEGER REFERENCES agent (id);
