//! Which tables are in the record: every change of their rows has a leaf, and `verify` compares them with it.

/// A business table whose rows are in the record.
#[derive(Debug)]
pub(in crate::store) struct Recorded {
    pub table: &'static str,
    /// Every column but the bytes, `id` first. Adding one needs a migration that leaves it NULL in older rows.
    pub columns: &'static [&'static str],
    /// A column of bytes, and the column with their SHA-256 in hex.
    pub bytes: Option<(&'static str, &'static str)>,
}

pub(in crate::store) const RECORDED: &[Recorded] = &[
    Recorded { table: "schema_migration", columns: &["id", "name", "applied_at", "program"], bytes: None },
    Recorded { table: "laboratory", columns: &["id", "name", "name_en", "address", "phone", "sample_prefix", "updated_at"], bytes: None },
    Recorded { table: "person", columns: &["id", "username", "display_name", "password_hash", "created_at", "disabled_at"], bytes: None },
    Recorded { table: "person_role", columns: &["id", "person_id", "role", "granted_at", "revoked_at"], bytes: None },
    Recorded { table: "place", columns: &["id", "code", "name", "kind", "town", "address", "retired_at"], bytes: None },
    Recorded { table: "producer", columns: &["id", "code", "name", "kind", "town", "address", "contact", "phone", "credit_code", "retired_at"], bytes: None },
    Recorded { table: "commodity", columns: &["id", "code", "name", "name_en", "parent_id", "synonyms", "retired_at"], bytes: None },
    Recorded { table: "analyte", columns: &["id", "code", "name", "name_en", "kind", "cas", "banned_from", "banned_scope", "banned_basis", "retired_at"], bytes: None },
    Recorded { table: "instrument", columns: &["id", "code", "name", "maker", "model", "serial_number", "driver", "transport", "address", "baud", "data_bits", "parity", "stop_bits", "bench_id", "control_position", "calibrated_to", "line_enabled_at", "retired_at"], bytes: None },
    Recorded { table: "method", columns: &["id", "code", "name", "name_en", "kind", "instrument_id", "effective_from", "effective_to", "retired_at"], bytes: None },
    Recorded { table: "method_analyte", columns: &["id", "method_id", "analyte_id", "unit", "lod", "loq", "decimals", "threshold", "retired_at"], bytes: None },
    Recorded { table: "analyte_map", columns: &["id", "instrument_id", "code", "unit", "analyte_id", "to_unit", "factor", "created_at", "retired_at"], bytes: None },
    Recorded { table: "limit_value", columns: &["id", "analyte_id", "commodity_id", "written", "requirement", "value", "unit", "basis", "kind", "excludes", "standard", "clause", "effective_from", "effective_to", "temporary_since", "source", "checked_by"], bytes: None },
    Recorded { table: "plan", columns: &["id", "code", "name", "kind", "starts_on", "ends_on", "created_at"], bytes: None },
    Recorded { table: "plan_item", columns: &["id", "plan_id", "commodity_id", "place_id", "method_id", "quota"], bytes: None },
    Recorded { table: "sample", columns: &["id", "code", "blind_code", "year", "accession", "class", "stage", "commodity_id", "commodity_written", "producer_id", "place_id", "town", "plan_item_id", "sampled_at", "form", "state", "version", "registered_at", "registered_by"], bytes: None },
    Recorded { table: "container", columns: &["id", "sample_id", "code", "kind", "parent_id", "quantity", "unit", "seal", "created_at"], bytes: None },
    Recorded { table: "custody_event", columns: &["id", "container_id", "n", "kind", "from_person", "from_place_id", "to_person", "to_place_id", "seal_state", "condition", "temperature", "reason", "at", "by_id"], bytes: None },
    Recorded { table: "batch", columns: &["id", "code", "method_id", "instrument_id", "opened_at", "opened_by", "closed_at"], bytes: None },
    Recorded { table: "analysis", columns: &["id", "sample_id", "method_id", "analyte_id", "batch_id", "unit", "lod", "loq", "decimals", "threshold", "limit_snapshot", "state", "status", "value", "version", "ordered_at", "ordered_by"], bytes: None },
    Recorded { table: "analysis_event", columns: &["id", "analysis_id", "n", "step", "from_state", "to_state", "value", "reason", "by_id", "at"], bytes: None },
    Recorded { table: "transmission", columns: &["id", "instrument_id", "epoch", "seq", "started_at", "ended_at", "state", "fault", "chunks", "sha256"], bytes: Some(("bytes", "sha256")) },
    Recorded { table: "reading", columns: &["id", "transmission_id", "instrument_id", "n", "wire_start", "wire_end", "sample_text", "position", "role", "analyte_code", "result", "censored", "unit", "flags", "measured_at", "received_at", "replicate", "device_key", "absorbance", "recomputed", "fate", "held_for", "analysis_id", "sample_id", "duplicate_of", "version"], bytes: None },
    Recorded { table: "reading_event", columns: &["id", "reading_id", "n", "fate", "held_for", "analysis_id", "reason", "by_id", "at"], bytes: None },
    Recorded { table: "chromatogram", columns: &["id", "transmission_id", "n", "sample_text", "detector", "channel", "acquired_at", "signal_unit", "points", "peaks", "trace"], bytes: None },
    Recorded { table: "scan", columns: &["id", "bench_id", "code", "sample_id", "by_id", "at"], bytes: None },
    Recorded { table: "weighing", columns: &["id", "reading_id", "scan_id", "sample_id", "mass", "unit", "at"], bytes: None },
    Recorded { table: "control_material", columns: &["id", "code", "name", "lot", "method_id", "analyte_id", "unit", "mean", "s", "valid_from", "valid_to", "retired_at"], bytes: None },
    Recorded { table: "loading", columns: &["id", "instrument_id", "position", "sample_id", "material_id", "placed_by", "placed_at", "cleared_at"], bytes: None },
    Recorded { table: "control_result", columns: &["id", "material_id", "batch_id", "reading_id", "value", "at", "by_id", "outcome", "rules", "version", "resolved_at", "resolved_by", "resolution"], bytes: None },
    Recorded { table: "publication", columns: &["id", "public_id", "version", "sample_id", "kind", "notice", "document", "sha256", "reason", "at", "by_id"], bytes: None },
];

/// Tables outside the record, each with the reason.
pub(in crate::store) const UNRECORDED: &[(&str, &str)] = &[
    ("ledger_head", "the record itself: recomputed from the leaves"),
    ("ledger_leaf", "the record itself"),
    ("ledger_hash", "the record itself: recomputed from the leaves"),
    ("ledger_content", "the record itself: committed to by the leaves"),
    ("ledger_subject", "the record itself: compared with the leaves"),
    ("web_session", "who is signed in now: no fact of the laboratory"),
    ("setup_link", "a token that has served once"),
];

pub(in crate::store) fn recorded(table: &str) -> Option<&'static Recorded> {
    RECORDED.iter().find(|one| one.table == table)
}
