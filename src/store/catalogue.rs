//! The laboratory's set-up: places, producers, commodities, analytes, methods, instruments, maps, limits, plans, and
//! control materials. Plain texts edited on pages, so row and type are one; every change is in the record.

use diesel::prelude::*;
use jiff::Timestamp;

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::ledger::Tx;
use super::{instant, schema};
use crate::lab::people::Who;

/// A list that pages edit line by line.
pub trait Catalogue: Default + Send + 'static {
    /// The name of the list, as its pages and its events in the record have it.
    const NAME: &'static str;

    fn id(&self) -> i64;
    fn find(conn: &mut Conn, id: i64) -> Result<Option<Self>, StoreError>;
    /// Every line, in the order of entry, retired ones too.
    fn all(conn: &mut Conn) -> Result<Vec<Self>, StoreError>;
    /// Keeps a new line and answers its id; the id it carries is not looked at.
    fn add(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError>;
    /// Replaces the line with its id.
    fn change(&self, tx: &mut Tx<'_>, why: Option<&str>) -> Result<(), StoreError>;
    /// A cell as text; `None` for an empty one.
    fn cell(&self, name: &str) -> Option<String>;
    /// Fills a cell from text. `false`: there is no such cell, or the text does not fit it.
    fn fill(&mut self, name: &str, text: Option<String>) -> bool;
}

/// A cell of a list's line.
trait Cell: Sized {
    fn text(&self) -> Option<String>;
    fn read(text: Option<String>) -> Option<Self>;
}

impl Cell for String {
    fn text(&self) -> Option<String> {
        Some(self.clone()).filter(|text| !text.is_empty())
    }

    fn read(text: Option<String>) -> Option<Self> {
        Some(text.unwrap_or_default())
    }
}

impl Cell for i64 {
    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn read(text: Option<String>) -> Option<Self> {
        text?.parse().ok()
    }
}

impl<T: Cell> Cell for Option<T> {
    fn text(&self) -> Option<String> {
        self.as_ref().and_then(T::text)
    }

    fn read(text: Option<String>) -> Option<Self> {
        match text.filter(|text| !text.is_empty()) {
            None => Some(None),
            text => T::read(text).map(Some),
        }
    }
}

macro_rules! catalogue {
    ($(#[$meta:meta])* $type:ident in $table:ident { $($(#[$note:meta])* $field:ident: $of:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
        #[diesel(table_name = schema::$table, treat_none_as_null = true)]
        pub struct $type {
            #[diesel(skip_insertion)]
            pub id: i64,
            $($(#[$note])* pub $field: $of),+
        }

        impl Catalogue for $type {
            const NAME: &'static str = stringify!($table);

            fn id(&self) -> i64 {
                self.id
            }

            fn find(conn: &mut Conn, id: i64) -> Result<Option<Self>, StoreError> {
                Ok(schema::$table::table.find(id).first(conn).optional()?)
            }

            fn all(conn: &mut Conn) -> Result<Vec<Self>, StoreError> {
                Ok(schema::$table::table.order(schema::$table::id).load(conn)?)
            }

            fn add(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError> {
                let id = diesel::insert_into(schema::$table::table)
                    .values(self)
                    .returning(schema::$table::id)
                    .get_result(tx.conn)?;
                tx.record("config.added", stringify!($table), id, None)?;
                Ok(id)
            }

            fn change(&self, tx: &mut Tx<'_>, why: Option<&str>) -> Result<(), StoreError> {
                let changed =
                    diesel::update(schema::$table::table.find(self.id)).set(self).execute(tx.conn)?;
                if changed == 0 {
                    return Err(StoreError::Stale { table: stringify!($table), id: self.id });
                }
                tx.record("config.changed", stringify!($table), self.id, why)?;
                Ok(())
            }

            fn cell(&self, name: &str) -> Option<String> {
                match name {
                    $(stringify!($field) => self.$field.text(),)+
                    _ => None,
                }
            }

            fn fill(&mut self, name: &str, text: Option<String>) -> bool {
                match name {
                    $(stringify!($field) => match Cell::read(text) {
                        Some(cell) => {
                            self.$field = cell;
                            true
                        }
                        None => false,
                    },)+
                    _ => false,
                }
            }
        }
    };
}

catalogue! {
    /// The laboratory itself; one line.
    Laboratory in laboratory {
        name: String,
        name_en: String,
        address: String,
        phone: String,
        updated_at: String,
    }
}

catalogue! {
    Place in place {
        code: String,
        name: String,
        /// A [`crate::lab::catalogue::PlaceKind`].
        kind: String,
        town: String,
        address: String,
        retired_at: Option<String>,
    }
}

catalogue! {
    Producer in producer {
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
}

catalogue! {
    Commodity in commodity {
        code: String,
        name: String,
        name_en: String,
        parent_id: Option<i64>,
        /// Everyday names, parted by `|`.
        synonyms: String,
        retired_at: Option<String>,
    }
}

catalogue! {
    Analyte in analyte {
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
}

catalogue! {
    Instrument in instrument {
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
    }
}

catalogue! {
    Method in method {
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
}

catalogue! {
    /// An analyte a method determines, in which unit and from where on.
    MethodAnalyte in method_analyte {
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
}

catalogue! {
    /// What an instrument calls an analyte, and how its unit becomes the method's.
    AnalyteMap in analyte_map {
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
}

catalogue! {
    ControlMaterial in control_material {
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
}

impl Store {
    /// Every line of a list.
    pub async fn list<T: Catalogue>(&self) -> Result<Vec<T>, StoreError> {
        self.reading(T::all).await
    }

    pub async fn line<T: Catalogue>(&self, id: i64) -> Result<Option<T>, StoreError> {
        self.reading(move |conn| T::find(conn, id)).await
    }

    /// Keeps a new line and answers its id.
    pub async fn add<T: Catalogue>(&self, by: Who, at: Timestamp, line: T) -> Result<i64, StoreError> {
        self.writing(by, at, move |tx| line.add(tx)).await
    }

    pub async fn change<T: Catalogue>(
        &self,
        by: Who,
        at: Timestamp,
        line: T,
        why: Option<String>,
    ) -> Result<(), StoreError> {
        self.writing(by, at, move |tx| line.change(tx, why.as_deref())).await
    }
}

/// The instant as the lists write it.
pub fn written(at: Timestamp) -> String {
    instant::written(at)
}
