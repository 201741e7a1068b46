-- The published store: copies of finished documents with the columns one searches by. Nothing here is the laboratory's.

CREATE TABLE published_migration (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- `source` is the number of the row this is a copy of; `replaced_by` the version that took its place.
CREATE TABLE published_result (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL UNIQUE,
    public_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    replaced_by INTEGER,
    sample_code TEXT NOT NULL,
    document TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    leaf INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    scheme TEXT NOT NULL,
    sampled_on TEXT NOT NULL,
    sampled_month TEXT NOT NULL,
    commodity TEXT NOT NULL,
    producer TEXT NOT NULL,
    town TEXT NOT NULL,
    area TEXT NOT NULL,
    place_type TEXT NOT NULL,
    words TEXT NOT NULL,
    UNIQUE (public_id, version)
) STRICT;
CREATE INDEX published_result_by_sample ON published_result (sample_code);
CREATE INDEX published_result_by_day ON published_result (sampled_on, id);
CREATE INDEX published_result_by_verdict ON published_result (verdict, sampled_on);
