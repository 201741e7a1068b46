//! Every list of the set-up: its cells, what is searched, what its lines refer to, and what must be there once only.

use crate::store::agents::Agent;
use diesel::prelude::*;

use super::Catalogue;
use super::cell::{Cell, Refers};
use super::making::catalogue;
use crate::store::conn::Conn;
use crate::store::error::StoreError;
use crate::store::ledger::Tx;
use crate::store::schema;
use crate::store::search::{lower, part};

catalogue! {
    /// The laboratory itself; one line.
    Laboratory in laboratory {
        name: String,
        name_en: String,
        address: String,
        phone: String,
        updated_at: String,
    }
    finds [name, name_en], refers [], once [() at name]
}

catalogue! {
    Place in place until retired_at {
        code: String,
        name: String,
        /// A [`crate::lab::catalogue::PlaceKind`].
        kind: String,
        town: String,
        address: String,
        retired_at: Option<String>,
    }
    finds [code, name, town], refers [], once [(code) at code]
}

catalogue! {
    Producer in producer until retired_at {
        code: String,
        name: String,
        /// A [`crate::lab::catalogue::ProducerKind`].
        kind: String,
        town: String,
        address: String,
        contact: String,
        phone: String,
        credit_code: Option<String>,
        retired_at: Option<String>,
    }
    finds [code, name, town, contact], refers [], once [(code) at code]
}

catalogue! {
    Commodity in commodity until retired_at {
        code: String,
        name: String,
        name_en: String,
        parent_id: Option<i64>,
        /// Everyday names, parted by `|`.
        synonyms: String,
        retired_at: Option<String>,
    }
    finds [code, name, name_en, synonyms], refers [parent_id: Commodity], once [(code) at code]
}

catalogue! {
    Analyte in analyte until retired_at {
        code: String,
        name: String,
        name_en: String,
        /// A [`crate::lab::catalogue::AnalyteKind`].
        kind: String,
        cas: Option<String>,
        /// First day of a ban, `2026-06-01`.
        banned_from: Option<String>,
        /// Codes of the commodities it covers, parted by `|`; empty: all uses.
        banned_scope: Option<String>,
        /// The announcement.
        banned_basis: Option<String>,
        retired_at: Option<String>,
    }
    finds [code, name, name_en], refers [], once [(code) at code]
}

catalogue! {
    Instrument in instrument until retired_at {
        code: String,
        name: String,
        maker: String,
        model: String,
        serial_number: String,
        /// Id of its driver; empty: results are typed by hand.
        driver: String,
        transport: String,
        /// Device path or address of the line.
        address: String,
        baud: i64,
        data_bits: i64,
        parity: String,
        stop_bits: i64,
        bench_id: Option<i64>,
        /// The place at which the control of an inhibition test stands.
        control_position: Option<String>,
        calibrated_to: Option<String>,
        line_enabled_at: Option<String>,
        retired_at: Option<String>,
        /// The bench agent that owns the line; none: the hub itself.
        agent_id: Option<i64>,
        /// Of a watched folder: which of its files; none: all.
        file_pattern: Option<String>,
        /// Of a watched folder: how long a file stays unchanged before it is read.
        settle_seconds: Option<i64>,
        /// When it is told what is ordered; none: when it asks.
        orders: Option<String>,
        /// Within so many minutes of working time it says something; none: it may be silent.
        speaks_every: Option<i64>,
        /// [`crate::lab::line::silence::Days`]; none: every day.
        working_days: Option<String>,
        /// [`crate::lab::line::silence::Hours`]; none: all day.
        working_hours: Option<String>,
        /// A [`crate::lab::analysis::sequence::System`]; none: it takes no sequence tables.
        data_system: Option<String>,
    }
    finds [code, name, maker, model, serial_number], refers [bench_id: Place, agent_id: Agent], once [(code) at code]
}

catalogue! {
    Method in method until retired_at {
        /// The standard with its year: `GB/T 5009.199-2003`.
        code: String,
        name: String,
        name_en: String,
        /// A [`crate::lab::catalogue::MethodKind`].
        kind: String,
        instrument_id: Option<i64>,
        effective_from: String,
        effective_to: Option<String>,
        retired_at: Option<String>,
    }
    finds [code, name, name_en], refers [instrument_id: Instrument], once [(code) at code]
}

catalogue! {
    /// An analyte a method determines, in which unit and from where on.
    MethodAnalyte in method_analyte until retired_at {
        method_id: i64,
        analyte_id: i64,
        unit: String,
        lod: Option<String>,
        loq: Option<String>,
        /// Decimals reported.
        decimals: i64,
        /// Of a screening method: from where on it is positive.
        threshold: Option<String>,
        retired_at: Option<String>,
    }
    finds [unit], refers [method_id: Method, analyte_id: Analyte], once [(method_id, analyte_id) at analyte_id]
}

catalogue! {
    /// What an instrument calls an analyte, and how its unit becomes the method's.
    AnalyteMap in analyte_map until retired_at {
        instrument_id: i64,
        code: String,
        /// As the instrument sends it; empty: it sends none.
        unit: String,
        analyte_id: i64,
        to_unit: String,
        /// What the instrument's number is multiplied with; a decimal.
        factor: String,
        created_at: String,
        retired_at: Option<String>,
    }
    finds [code, unit], refers [instrument_id: Instrument, analyte_id: Analyte], once [(instrument_id, code, unit) at code among retired_at]
}

catalogue! {
    /// One line of a limit table, of one edition.
    LimitValue in limit_value {
        analyte_id: i64,
        commodity_id: i64,
        /// The line's own wording of the commodity.
        written: String,
        /// `max` or `not-detected`.
        requirement: String,
        value: Option<String>,
        unit: String,
        basis: String,
        kind: String,
        /// Names that do not belong to the group here, parted by `|`.
        excludes: String,
        standard: String,
        clause: String,
        effective_from: String,
        effective_to: Option<String>,
        /// Marked `*` in the standard since this edition's first day.
        temporary_since: Option<String>,
        source: String,
        /// Who compared the line with the printed standard.
        checked_by: Option<i64>,
    }
    finds [written, standard], refers [analyte_id: Analyte, commodity_id: Commodity], once []
}

catalogue! {
    Plan in plan {
        code: String,
        name: String,
        /// A [`crate::lab::sampling::form::Class`].
        kind: String,
        starts_on: String,
        ends_on: String,
        created_at: String,
    }
    finds [code, name], refers [], once [(code) at code]
}

catalogue! {
    /// How many samples of what, where.
    PlanItem in plan_item {
        plan_id: i64,
        commodity_id: i64,
        place_id: Option<i64>,
        method_id: Option<i64>,
        quota: i64,
    }
    finds [], refers [plan_id: Plan, commodity_id: Commodity, place_id: Place, method_id: Method], once []
}

catalogue! {
    ControlMaterial in control_material until retired_at {
        /// What the instrument's control carries as its sample code.
        code: String,
        name: String,
        lot: String,
        method_id: i64,
        analyte_id: i64,
        unit: String,
        mean: String,
        s: String,
        valid_from: String,
        valid_to: Option<String>,
        retired_at: Option<String>,
    }
    finds [code, name, lot], refers [method_id: Method, analyte_id: Analyte], once [(code, analyte_id) at code]
}
