-- Orders on their way to instruments: answers to what they asked, and what is sent unasked.

-- 'pushed': sent as it is ordered; 'never': not even when it asks; NULL: when it asks.
ALTER TABLE instrument ADD COLUMN orders TEXT;

-- How an order travels. What was ordered is in the analyses; so this is outside the record.
CREATE TABLE dispatch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instrument_id INTEGER NOT NULL REFERENCES instrument (id),
    kind TEXT NOT NULL,
    -- Of an answer: what the instrument asked with.
    transmission_id INTEGER REFERENCES transmission (id),
    query BLOB,
    -- Of an order that is sent unasked.
    sample_id INTEGER REFERENCES sample (id),
    -- As drivers write them, in JSON.
    orders TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    fault TEXT,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT;
CREATE INDEX dispatch_by_instrument ON dispatch (instrument_id, state, id);
CREATE INDEX dispatch_by_sample ON dispatch (sample_id, id);
CREATE INDEX dispatch_by_state ON dispatch (state);
