//! What a sequence table is made of: the batch, the codes of the samples that wait in it, its method's controls, and the
//! instrument with its data system.

use diesel::prelude::*;

use super::conn::{Conn, Store};
use super::error::StoreError;
use super::schema::{analysis, batch, control_material, instrument, sample};
use crate::lab::analysis::sequence::{Run, System};
use crate::lab::analysis::status::State;

/// A batch as its sequence needs it.
#[derive(Debug, Clone)]
pub struct ToInject {
    pub run: Run,
    /// The code of the instrument, if the batch has one.
    pub instrument: Option<String>,
    /// As the set-up says.
    pub system: Option<System>,
}

/// The batch with what still waits for a value in it; `today` decides which control materials are in use.
fn of_batch(conn: &mut Conn, id: i64, today: &str) -> Result<Option<ToInject>, StoreError> {
    type Row = (String, i64, Option<String>, Option<String>);
    let row: Option<Row> = batch::table
        .left_join(instrument::table)
        .filter(batch::id.eq(id))
        .select((batch::code, batch::method_id, instrument::code.nullable(), instrument::data_system.nullable()))
        .first(conn)
        .optional()?;
    let Some((code, method_id, instrument, system)) = row else { return Ok(None) };
    let system =
        system.as_deref().map(str::parse).transpose().map_err(|error| StoreError::corrupt("instrument", id, error))?;
    let mut samples: Vec<String> = Vec::new();
    let waiting: Vec<String> = analysis::table
        .inner_join(sample::table)
        .filter(analysis::batch_id.eq(id))
        .filter(analysis::state.eq(State::Ordered.name()))
        .order(analysis::id)
        .select(sample::blind_code)
        .load(conn)?;
    for code in waiting {
        if !samples.contains(&code) {
            samples.push(code);
        }
    }
    let mut controls: Vec<String> = control_material::table
        .filter(control_material::method_id.eq(method_id))
        .filter(control_material::retired_at.is_null())
        .filter(control_material::valid_from.le(today))
        .filter(control_material::valid_to.is_null().or(control_material::valid_to.ge(today)))
        .order(control_material::code)
        .select(control_material::code)
        .load(conn)?;
    // A bottle with several charted analytes is injected once.
    controls.dedup();
    Ok(Some(ToInject { run: Run { batch: code, samples, controls }, instrument, system }))
}

impl Store {
    /// What a sequence table of this batch is made of; `None`: there is no such batch.
    pub async fn to_inject(&self, batch: i64, today: String) -> Result<Option<ToInject>, StoreError> {
        self.reading(move |conn| of_batch(conn, batch, &today)).await
    }
}
