-- The laboratory: people, set-up, samples and their custody, analyses, what instruments said, controls, publications.
-- Instants are UTC text with milliseconds, decimals are text as written; no booleans: an instant or NULL says it.

CREATE TABLE laboratory (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    address TEXT NOT NULL,
    phone TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    disabled_at TEXT
) STRICT;

CREATE TABLE person_role (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES person (id),
    role TEXT NOT NULL,
    granted_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT;

CREATE TABLE web_session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT NOT NULL UNIQUE,
    person_id INTEGER NOT NULL REFERENCES person (id),
    csrf TEXT NOT NULL,
    created_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    ended_at TEXT
) STRICT;

CREATE TABLE setup_link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    used_at TEXT
) STRICT;

CREATE TABLE backup_made (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL
) STRICT;

CREATE TABLE place (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    town TEXT NOT NULL,
    address TEXT NOT NULL,
    retired_at TEXT,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE producer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    town TEXT NOT NULL,
    address TEXT NOT NULL,
    contact TEXT NOT NULL,
    phone TEXT NOT NULL,
    credit_code TEXT,
    retired_at TEXT,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE commodity (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    parent_id INTEGER REFERENCES commodity (id),
    synonyms TEXT NOT NULL,
    retired_at TEXT,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE analyte (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    kind TEXT NOT NULL,
    cas TEXT,
    banned_from TEXT,
    banned_scope TEXT,
    banned_basis TEXT,
    retired_at TEXT,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE instrument (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    maker TEXT NOT NULL,
    model TEXT NOT NULL,
    serial_number TEXT NOT NULL,
    driver TEXT NOT NULL,
    transport TEXT NOT NULL,
    address TEXT NOT NULL,
    baud INTEGER NOT NULL,
    data_bits INTEGER NOT NULL,
    parity TEXT NOT NULL,
    stop_bits INTEGER NOT NULL,
    bench_id INTEGER REFERENCES place (id),
    control_position TEXT,
    calibrated_to TEXT,
    line_enabled_at TEXT,
    retired_at TEXT,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE method (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    kind TEXT NOT NULL,
    instrument_id INTEGER REFERENCES instrument (id),
    effective_from TEXT NOT NULL,
    effective_to TEXT,
    retired_at TEXT,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE method_analyte (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    method_id INTEGER NOT NULL REFERENCES method (id),
    analyte_id INTEGER NOT NULL REFERENCES analyte (id),
    unit TEXT NOT NULL,
    lod TEXT,
    loq TEXT,
    decimals INTEGER NOT NULL,
    threshold TEXT,
    retired_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (method_id, analyte_id)
) STRICT;

CREATE TABLE analyte_map (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instrument_id INTEGER NOT NULL REFERENCES instrument (id),
    code TEXT NOT NULL,
    unit TEXT NOT NULL,
    analyte_id INTEGER NOT NULL REFERENCES analyte (id),
    to_unit TEXT NOT NULL,
    factor TEXT NOT NULL,
    created_at TEXT NOT NULL,
    retired_at TEXT,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX analyte_map_by_instrument ON analyte_map (instrument_id, code);

CREATE TABLE limit_value (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    analyte_id INTEGER NOT NULL REFERENCES analyte (id),
    commodity_id INTEGER NOT NULL REFERENCES commodity (id),
    written TEXT NOT NULL,
    requirement TEXT NOT NULL,
    value TEXT,
    unit TEXT NOT NULL,
    basis TEXT NOT NULL,
    kind TEXT NOT NULL,
    excludes TEXT NOT NULL,
    standard TEXT NOT NULL,
    clause TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    effective_to TEXT,
    temporary_since TEXT,
    source TEXT NOT NULL,
    checked_by INTEGER REFERENCES person (id),
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX limit_value_by_analyte ON limit_value (analyte_id, commodity_id);

CREATE TABLE plan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE plan_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    plan_id INTEGER NOT NULL REFERENCES plan (id),
    commodity_id INTEGER NOT NULL REFERENCES commodity (id),
    place_id INTEGER REFERENCES place (id),
    method_id INTEGER REFERENCES method (id),
    quota INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE sample (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    blind_code TEXT NOT NULL UNIQUE,
    year INTEGER NOT NULL,
    accession INTEGER NOT NULL,
    class TEXT NOT NULL,
    stage TEXT NOT NULL,
    commodity_id INTEGER NOT NULL REFERENCES commodity (id),
    commodity_written TEXT NOT NULL,
    producer_id INTEGER REFERENCES producer (id),
    place_id INTEGER REFERENCES place (id),
    town TEXT NOT NULL,
    plan_item_id INTEGER REFERENCES plan_item (id),
    sampled_at TEXT NOT NULL,
    form TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    registered_at TEXT NOT NULL,
    registered_by INTEGER NOT NULL REFERENCES person (id),
    UNIQUE (year, accession)
) STRICT;
CREATE INDEX sample_by_state ON sample (state, id);

CREATE TABLE container (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sample_id INTEGER NOT NULL REFERENCES sample (id),
    code TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    parent_id INTEGER REFERENCES container (id),
    quantity TEXT NOT NULL,
    unit TEXT NOT NULL,
    seal TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX container_by_sample ON container (sample_id);

-- Who holds a container and where, from hand to hand: each event starts where the last one ended.
CREATE TABLE custody_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    container_id INTEGER NOT NULL REFERENCES container (id),
    n INTEGER NOT NULL,
    kind TEXT NOT NULL,
    from_person TEXT NOT NULL,
    from_place_id INTEGER REFERENCES place (id),
    to_person TEXT NOT NULL,
    to_place_id INTEGER REFERENCES place (id),
    seal_state TEXT NOT NULL,
    condition TEXT NOT NULL,
    temperature TEXT,
    reason TEXT,
    at TEXT NOT NULL,
    by_id INTEGER NOT NULL REFERENCES person (id),
    UNIQUE (container_id, n)
) STRICT;

CREATE TABLE batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    method_id INTEGER NOT NULL REFERENCES method (id),
    instrument_id INTEGER REFERENCES instrument (id),
    opened_at TEXT NOT NULL,
    opened_by INTEGER REFERENCES person (id),
    closed_at TEXT
) STRICT;

CREATE TABLE analysis (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sample_id INTEGER NOT NULL REFERENCES sample (id),
    method_id INTEGER NOT NULL REFERENCES method (id),
    analyte_id INTEGER NOT NULL REFERENCES analyte (id),
    batch_id INTEGER REFERENCES batch (id),
    unit TEXT NOT NULL,
    lod TEXT,
    loq TEXT,
    decimals INTEGER NOT NULL,
    threshold TEXT,
    limit_snapshot TEXT NOT NULL,
    state TEXT NOT NULL,
    status TEXT NOT NULL,
    value TEXT,
    version INTEGER NOT NULL,
    ordered_at TEXT NOT NULL,
    ordered_by INTEGER NOT NULL REFERENCES person (id)
) STRICT;
-- Ordered once; ordered again only when the first was cancelled.
CREATE UNIQUE INDEX analysis_ordered_once ON analysis (sample_id, method_id, analyte_id) WHERE state <> 'cancelled';
CREATE INDEX analysis_by_state ON analysis (state, id);
CREATE INDEX analysis_by_batch ON analysis (batch_id);

-- Every step an analysis took, with the value it carried: nothing is overwritten.
CREATE TABLE analysis_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    analysis_id INTEGER NOT NULL REFERENCES analysis (id),
    n INTEGER NOT NULL,
    step TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    value TEXT,
    reason TEXT,
    by_id INTEGER REFERENCES person (id),
    at TEXT NOT NULL,
    UNIQUE (analysis_id, n)
) STRICT;

CREATE TABLE transmission (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instrument_id INTEGER NOT NULL REFERENCES instrument (id),
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    state TEXT NOT NULL,
    fault TEXT,
    chunks TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (epoch, seq)
) STRICT;
CREATE INDEX transmission_by_instrument ON transmission (instrument_id, id);

CREATE TABLE reading (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    transmission_id INTEGER NOT NULL REFERENCES transmission (id),
    instrument_id INTEGER NOT NULL REFERENCES instrument (id),
    n INTEGER NOT NULL,
    wire_start INTEGER NOT NULL,
    wire_end INTEGER NOT NULL,
    sample_text TEXT,
    position TEXT,
    role TEXT NOT NULL,
    analyte_code TEXT,
    result TEXT,
    censored TEXT,
    unit TEXT,
    flags TEXT NOT NULL,
    measured_at TEXT,
    received_at TEXT NOT NULL,
    replicate INTEGER,
    device_key TEXT,
    absorbance TEXT,
    recomputed TEXT,
    fate TEXT NOT NULL,
    held_for TEXT,
    analysis_id INTEGER REFERENCES analysis (id),
    sample_id INTEGER REFERENCES sample (id),
    duplicate_of INTEGER REFERENCES reading (id),
    version INTEGER NOT NULL,
    UNIQUE (transmission_id, n)
) STRICT;
CREATE INDEX reading_by_fate ON reading (fate, id);
CREATE INDEX reading_by_device_key ON reading (instrument_id, device_key);
CREATE INDEX reading_by_analysis ON reading (analysis_id);

CREATE TABLE reading_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reading_id INTEGER NOT NULL REFERENCES reading (id),
    n INTEGER NOT NULL,
    fate TEXT NOT NULL,
    held_for TEXT,
    analysis_id INTEGER REFERENCES analysis (id),
    reason TEXT,
    by_id INTEGER REFERENCES person (id),
    at TEXT NOT NULL,
    UNIQUE (reading_id, n)
) STRICT;

CREATE TABLE chromatogram (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    transmission_id INTEGER NOT NULL REFERENCES transmission (id),
    n INTEGER NOT NULL,
    sample_text TEXT,
    detector TEXT,
    channel TEXT,
    acquired_at TEXT,
    signal_unit TEXT,
    points INTEGER NOT NULL,
    peaks TEXT NOT NULL,
    trace TEXT NOT NULL,
    UNIQUE (transmission_id, n)
) STRICT;

CREATE TABLE scan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    bench_id INTEGER NOT NULL REFERENCES place (id),
    code TEXT NOT NULL,
    sample_id INTEGER NOT NULL REFERENCES sample (id),
    by_id INTEGER NOT NULL REFERENCES person (id),
    at TEXT NOT NULL
) STRICT;
CREATE INDEX scan_by_bench ON scan (bench_id, id);

CREATE TABLE weighing (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reading_id INTEGER NOT NULL UNIQUE REFERENCES reading (id),
    -- NULL: nobody had scanned, and a person said later which sample it was.
    scan_id INTEGER REFERENCES scan (id),
    sample_id INTEGER NOT NULL REFERENCES sample (id),
    mass TEXT NOT NULL,
    unit TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;

CREATE TABLE control_material (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    lot TEXT NOT NULL,
    method_id INTEGER NOT NULL REFERENCES method (id),
    analyte_id INTEGER NOT NULL REFERENCES analyte (id),
    unit TEXT NOT NULL,
    mean TEXT NOT NULL,
    s TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    retired_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (code, analyte_id)
) STRICT;

-- Which sample or control stands at which place of an instrument that knows places only.
CREATE TABLE loading (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instrument_id INTEGER NOT NULL REFERENCES instrument (id),
    position TEXT NOT NULL,
    sample_id INTEGER REFERENCES sample (id),
    material_id INTEGER REFERENCES control_material (id),
    placed_by INTEGER NOT NULL REFERENCES person (id),
    placed_at TEXT NOT NULL,
    cleared_at TEXT
) STRICT;
CREATE INDEX loading_by_instrument ON loading (instrument_id, position);

CREATE TABLE control_result (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    material_id INTEGER NOT NULL REFERENCES control_material (id),
    batch_id INTEGER REFERENCES batch (id),
    reading_id INTEGER UNIQUE REFERENCES reading (id),
    value TEXT NOT NULL,
    at TEXT NOT NULL,
    by_id INTEGER REFERENCES person (id),
    outcome TEXT NOT NULL,
    rules TEXT NOT NULL,
    version INTEGER NOT NULL,
    resolved_at TEXT,
    resolved_by INTEGER REFERENCES person (id),
    resolution TEXT
) STRICT;
CREATE INDEX control_result_by_material ON control_result (material_id, id);
CREATE INDEX control_result_by_batch ON control_result (batch_id);

CREATE TABLE publication (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    sample_id INTEGER NOT NULL REFERENCES sample (id),
    kind TEXT NOT NULL,
    notice TEXT NOT NULL,
    document TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    reason TEXT,
    at TEXT NOT NULL,
    by_id INTEGER NOT NULL REFERENCES person (id),
    UNIQUE (public_id, version)
) STRICT;
CREATE INDEX publication_by_sample ON publication (sample_id, version);

-- What was said, done and shown is never changed.
CREATE TRIGGER custody_event_no_update BEFORE UPDATE ON custody_event BEGIN
    SELECT RAISE(ABORT, 'custody_event is append-only');
END;
CREATE TRIGGER custody_event_no_delete BEFORE DELETE ON custody_event BEGIN
    SELECT RAISE(ABORT, 'custody_event is append-only');
END;
CREATE TRIGGER analysis_event_no_update BEFORE UPDATE ON analysis_event BEGIN
    SELECT RAISE(ABORT, 'analysis_event is append-only');
END;
CREATE TRIGGER analysis_event_no_delete BEFORE DELETE ON analysis_event BEGIN
    SELECT RAISE(ABORT, 'analysis_event is append-only');
END;
CREATE TRIGGER transmission_no_update BEFORE UPDATE ON transmission BEGIN
    SELECT RAISE(ABORT, 'transmission is append-only');
END;
CREATE TRIGGER transmission_no_delete BEFORE DELETE ON transmission BEGIN
    SELECT RAISE(ABORT, 'transmission is append-only');
END;
CREATE TRIGGER reading_event_no_update BEFORE UPDATE ON reading_event BEGIN
    SELECT RAISE(ABORT, 'reading_event is append-only');
END;
CREATE TRIGGER reading_event_no_delete BEFORE DELETE ON reading_event BEGIN
    SELECT RAISE(ABORT, 'reading_event is append-only');
END;
CREATE TRIGGER scan_no_update BEFORE UPDATE ON scan BEGIN
    SELECT RAISE(ABORT, 'scan is append-only');
END;
CREATE TRIGGER scan_no_delete BEFORE DELETE ON scan BEGIN
    SELECT RAISE(ABORT, 'scan is append-only');
END;
CREATE TRIGGER weighing_no_update BEFORE UPDATE ON weighing BEGIN
    SELECT RAISE(ABORT, 'weighing is append-only');
END;
CREATE TRIGGER weighing_no_delete BEFORE DELETE ON weighing BEGIN
    SELECT RAISE(ABORT, 'weighing is append-only');
END;
CREATE TRIGGER chromatogram_no_update BEFORE UPDATE ON chromatogram BEGIN
    SELECT RAISE(ABORT, 'chromatogram is append-only');
END;
CREATE TRIGGER chromatogram_no_delete BEFORE DELETE ON chromatogram BEGIN
    SELECT RAISE(ABORT, 'chromatogram is append-only');
END;
CREATE TRIGGER publication_no_update BEFORE UPDATE ON publication BEGIN
    SELECT RAISE(ABORT, 'publication is append-only');
END;
CREATE TRIGGER publication_no_delete BEFORE DELETE ON publication BEGIN
    SELECT RAISE(ABORT, 'publication is append-only');
END;
