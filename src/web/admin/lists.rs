//! What each list of the set-up is made of: its fields, and what the list shows.

use super::fields::{Is, Other, Words};

/// One field of a line.
#[derive(Debug)]
pub struct Field {
    pub cell: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub is: Is,
    pub required: bool,
    /// What a new line begins with.
    pub preset: &'static str,
    /// A column of the list.
    pub shown: bool,
}

/// One list of the set-up.
#[derive(Debug)]
pub struct List {
    pub name: &'static str,
    pub fields: &'static [Field],
    pub retires: bool,
}

impl List {
    pub fn shown(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().filter(|field| field.shown)
    }
}

const fn field(cell: &'static str, label: &'static str, is: Is) -> Field {
    Field { cell, label, hint: "", is, required: true, preset: "", shown: true }
}

impl Field {
    const fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// Not a column of the list.
    const fn inside(mut self) -> Self {
        self.shown = false;
        self
    }

    const fn hint(mut self, key: &'static str) -> Self {
        self.hint = key;
        self
    }

    const fn preset(mut self, text: &'static str) -> Self {
        self.preset = text;
        self
    }
}

/// The lists in the order in which an empty laboratory begins.
pub const LISTS: &[List] = &[
    List {
        name: "laboratory",
        retires: false,
        fields: &[
            field("name", "field-name", Is::Text),
            field("name_en", "field-name-en", Is::Text).optional(),
            field("address", "field-address", Is::Text).optional(),
            field("phone", "field-phone", Is::Text).optional(),
        ],
    },
    List {
        name: "places",
        retires: true,
        fields: &[
            field("code", "field-code", Is::Text),
            field("name", "field-name", Is::Text),
            field("kind", "field-kind", Is::Word(Words::Place)).hint("hint-place-kind"),
            field("town", "field-town", Is::Text),
            field("address", "field-address", Is::Text).optional().inside(),
        ],
    },
    List {
        name: "producers",
        retires: true,
        fields: &[
            field("code", "field-code", Is::Text),
            field("name", "field-name", Is::Text),
            field("kind", "field-kind", Is::Word(Words::Producer)).hint("hint-producer-kind"),
            field("town", "field-town", Is::Text),
            field("address", "field-address", Is::Text).optional().inside(),
            field("contact", "field-contact", Is::Text).optional().inside(),
            field("phone", "field-phone", Is::Text).optional().inside(),
            field("credit_code", "field-credit-code", Is::Text).optional().inside(),
        ],
    },
    List {
        name: "commodities",
        retires: true,
        fields: &[
            field("code", "field-code", Is::Text),
            field("name", "field-name", Is::Text),
            field("name_en", "field-name-en", Is::Text).optional(),
            field("parent_id", "field-parent", Is::Line(Other::Commodities)).optional().hint("hint-parent"),
            field("synonyms", "field-synonyms", Is::Text).optional().hint("hint-synonyms"),
        ],
    },
    List {
        name: "analytes",
        retires: true,
        fields: &[
            field("code", "field-code", Is::Text),
            field("name", "field-name", Is::Text),
            field("name_en", "field-name-en", Is::Text).optional(),
            field("kind", "field-kind", Is::Word(Words::Analyte)),
            field("cas", "field-cas", Is::Text).optional(),
            field("banned_from", "field-banned-from", Is::Date).optional().hint("hint-banned"),
            field("banned_scope", "field-banned-scope", Is::Text).optional().inside().hint("hint-banned-scope"),
            field("banned_basis", "field-banned-basis", Is::Text).optional().inside(),
        ],
    },
    List {
        name: "instruments",
        retires: true,
        fields: &[
            field("code", "field-code", Is::Text),
            field("name", "field-name", Is::Text),
            field("maker", "field-maker", Is::Text).optional(),
            field("model", "field-model", Is::Text).optional(),
            field("serial_number", "field-serial-number", Is::Text).optional().inside(),
            field("driver", "field-driver", Is::Driver).optional().hint("hint-driver"),
            field("transport", "field-transport", Is::Word(Words::Transport)).inside().preset("serial"),
            field("address", "field-port", Is::Text).optional().hint("hint-port"),
            field("baud", "field-baud", Is::Whole).optional().inside().hint("hint-serial"),
            field("data_bits", "field-data-bits", Is::Whole).optional().inside().hint("hint-serial"),
            field("parity", "field-parity", Is::Word(Words::Parity)).optional().inside().hint("hint-serial"),
            field("stop_bits", "field-stop-bits", Is::Whole).optional().inside().hint("hint-serial"),
            field("file_pattern", "field-file-pattern", Is::Text).optional().inside().hint("hint-file-pattern"),
            field("settle_seconds", "field-settle-seconds", Is::Whole).optional().inside().hint("hint-settle-seconds"),
            field("bench_id", "field-bench", Is::Line(Other::Benches)).optional().inside(),
            field("agent_id", "field-agent", Is::Line(Other::Agents)).optional().inside().hint("hint-agent"),
            field("control_position", "field-control-position", Is::Text)
                .optional()
                .inside()
                .hint("hint-control-position"),
            field("orders", "field-orders", Is::Word(Words::Orders)).optional().inside().hint("hint-orders"),
            field("calibrated_to", "field-calibrated-to", Is::Date).optional(),
            field("speaks_every", "field-speaks-every", Is::Whole).optional().inside().hint("hint-speaks-every"),
            field("working_days", "field-working-days", Is::Days).optional().inside().hint("hint-working-days"),
            field("working_hours", "field-working-hours", Is::Hours).optional().inside().hint("hint-working-hours"),
            field("data_system", "field-data-system", Is::Word(Words::DataSystem))
                .optional()
                .inside()
                .hint("hint-data-system"),
        ],
    },
    List {
        name: "methods",
        retires: true,
        fields: &[
            field("code", "field-standard", Is::Text).hint("hint-standard"),
            field("name", "field-name", Is::Text),
            field("name_en", "field-name-en", Is::Text).optional().inside(),
            field("kind", "field-kind", Is::Word(Words::Method)).hint("hint-method-kind"),
            field("instrument_id", "field-instrument", Is::Line(Other::Instruments)).optional(),
            field("effective_from", "field-from", Is::Date),
            field("effective_to", "field-to", Is::Date).optional(),
        ],
    },
    List {
        name: "method-analytes",
        retires: true,
        fields: &[
            field("method_id", "field-method", Is::Line(Other::Methods)),
            field("analyte_id", "field-analyte", Is::Line(Other::Analytes)),
            field("unit", "field-unit", Is::Text).preset("mg/kg"),
            field("lod", "field-lod", Is::Decimal).optional(),
            field("loq", "field-loq", Is::Decimal).optional(),
            field("decimals", "field-decimals", Is::Whole).preset("3"),
            field("threshold", "field-threshold", Is::Decimal).optional().hint("hint-threshold"),
        ],
    },
    List {
        name: "maps",
        retires: true,
        fields: &[
            field("instrument_id", "field-instrument", Is::Line(Other::Instruments)),
            field("code", "field-instrument-code", Is::Text).hint("hint-instrument-code"),
            field("unit", "field-instrument-unit", Is::Text).optional(),
            field("analyte_id", "field-analyte", Is::Line(Other::Analytes)),
            field("to_unit", "field-unit", Is::Text),
            field("factor", "field-factor", Is::Decimal).preset("1").hint("hint-factor"),
        ],
    },
    List {
        name: "limits",
        retires: false,
        fields: &[
            field("analyte_id", "field-analyte", Is::Line(Other::Analytes)),
            field("commodity_id", "field-commodity", Is::Line(Other::Commodities)),
            field("written", "field-written", Is::Text).hint("hint-written"),
            field("requirement", "field-requirement", Is::Word(Words::Requirement)).preset("max").inside(),
            field("value", "field-limit", Is::Decimal).optional(),
            field("unit", "field-unit", Is::Text).preset("mg/kg"),
            field("excludes", "field-excludes", Is::Text).optional().inside().hint("hint-synonyms"),
            field("basis", "field-basis", Is::Text).optional().inside().hint("hint-basis"),
            field("kind", "field-kind", Is::Word(Words::Limit)).preset("mrl").inside(),
            field("standard", "field-standard", Is::Text),
            field("clause", "field-clause", Is::Text).optional().inside(),
            field("effective_from", "field-from", Is::Date),
            field("effective_to", "field-to", Is::Date).optional(),
            field("temporary_since", "field-temporary-since", Is::Date).optional().inside().hint("hint-temporary"),
            field("source", "field-source", Is::Text).inside(),
        ],
    },
    List {
        name: "controls",
        retires: true,
        fields: &[
            field("code", "field-code", Is::Text).hint("hint-control-code"),
            field("name", "field-name", Is::Text),
            field("lot", "field-lot", Is::Text),
            field("method_id", "field-method", Is::Line(Other::Methods)),
            field("analyte_id", "field-analyte", Is::Line(Other::Analytes)),
            field("unit", "field-unit", Is::Text),
            field("mean", "field-mean", Is::Decimal),
            field("s", "field-s", Is::Decimal),
            field("valid_from", "field-from", Is::Date),
            field("valid_to", "field-to", Is::Date).optional(),
        ],
    },
    List {
        name: "plans",
        retires: false,
        fields: &[
            field("code", "field-code", Is::Text),
            field("name", "field-name", Is::Text),
            field("kind", "field-kind", Is::Word(Words::Class)),
            field("starts_on", "field-from", Is::Date),
            field("ends_on", "field-to", Is::Date),
        ],
    },
    List {
        name: "plan-items",
        retires: false,
        fields: &[
            field("plan_id", "field-plan", Is::Line(Other::Plans)),
            field("commodity_id", "field-commodity", Is::Line(Other::Commodities)),
            field("place_id", "field-place", Is::Line(Other::Places)).optional(),
            field("method_id", "field-method", Is::Line(Other::Methods)).optional(),
            field("quota", "field-quota", Is::Whole),
        ],
    },
];
