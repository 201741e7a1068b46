//! What a set-up line must keep beside what each of its fields may hold.

use crate::lab::catalogue::MethodKind;
use crate::store::catalogue::{Commodity, Instrument, Method};
use crate::store::transmissions;
use crate::web::Shared;
use crate::web::error::Error;
use crate::web::form::Form;

use super::lists::List;

/// Says beside the fields what does not fit together: a limit without its number, or a group inside itself, would keep
/// everybody from ordering.
pub async fn check(shared: &Shared, list: &List, form: &mut Form, id: Option<i64>) -> Result<(), Error> {
    match list.name {
        "limits" if form.is("requirement", "max") != form.get("value").is_some() => {
            form.refuse("value", "error-limit-value");
        }
        "instruments" if renamed_after_use(shared, form, id).await? => {
            form.refuse("code", "error-code-in-use");
        }
        "instruments" if form.is("speaks_every", "0") => form.refuse("speaks_every", "error-speaks-every"),
        // Hours without an interval would look like a schedule and be none.
        "instruments"
            if form.get("speaks_every").is_none()
                && (form.get("working_days").is_some() || form.get("working_hours").is_some()) =>
        {
            form.refuse("speaks_every", "error-speaks-every");
        }
        "method-analytes" if form.get("threshold").is_none() && is_screening(shared, form).await? => {
            form.refuse("threshold", "error-threshold");
        }
        "commodities" if id.is_some() && inside_itself(shared, form, id).await? => {
            form.refuse("parent_id", "error-circle");
        }
        _ => (),
    }
    for (from, to) in [("effective_from", "effective_to"), ("valid_from", "valid_to"), ("starts_on", "ends_on")] {
        // Days as text sort as days.
        if let (Some(first), Some(last)) = (form.get(from), form.get(to))
            && last < first
        {
            form.refuse(to, "error-days-order");
        }
    }
    Ok(())
}

/// Whether the code of an instrument that has spoken would change: its transmissions come under that code.
async fn renamed_after_use(shared: &Shared, form: &Form, id: Option<i64>) -> Result<bool, Error> {
    let Some(id) = id else { return Ok(false) };
    let instruments: Vec<Instrument> = shared.store.lines(vec![id]).await?;
    let Some(before) = instruments.first().filter(|before| Some(&*before.code) != form.get("code")) else {
        return Ok(false);
    };
    let spoke = before.line_enabled_at.is_some();
    let sent = shared.store.reading(move |conn| transmissions::list(conn, id, 1)).await?;
    Ok(spoke || !sent.is_empty())
}

/// Whether the chosen method only screens: without a threshold nothing it finds could be judged.
async fn is_screening(shared: &Shared, form: &Form) -> Result<bool, Error> {
    let Some(id) = form.get("method_id").and_then(|text| text.parse::<i64>().ok()) else { return Ok(false) };
    let methods: Vec<Method> = shared.store.lines(vec![id]).await?;
    Ok(methods.first().is_some_and(|one| one.kind == MethodKind::Screening.name()))
}

/// Whether the chosen group lies, however deep, inside the commodity that is being changed.
async fn inside_itself(shared: &Shared, form: &Form, id: Option<i64>) -> Result<bool, Error> {
    let all: Vec<Commodity> = shared.store.list().await?;
    let mut above = form.get("parent_id").and_then(|text| text.parse::<i64>().ok());
    for _ in 0..=all.len() {
        match above {
            None => return Ok(false),
            Some(here) if Some(here) == id => return Ok(true),
            Some(here) => above = all.iter().find(|one| one.id == here).and_then(|one| one.parent_id),
        }
    }
    Ok(true)
}

/// Fills in the settings of the driver, built in or described, where a line's were left empty; 9600 8N1 without one.
pub async fn preset_serial(shared: &Shared, form: &mut Form) -> Result<(), Error> {
    let (store, driver) = (shared.store.clone(), form.value("driver").to_owned());
    let found = rocket::tokio::task::spawn_blocking(move || store.driver(&driver)).await.map_err(Error::failed)??;
    let serial = found.map_or(drivers::Serial::new(9600), |(driver, _)| driver.serial());
    for (cell, usual) in [
        ("baud", serial.baud.to_string()),
        ("data_bits", serial.data_bits.to_string()),
        ("parity", serial.parity.to_string()),
        ("stop_bits", serial.stop_bits.to_string()),
    ] {
        if form.get(cell).is_none() {
            form.set(cell, usual);
        }
    }
    Ok(())
}
