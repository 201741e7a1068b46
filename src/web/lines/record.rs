//! The record of an instrument: how it is connected, what reads it, its clock, its calibration, when it must speak.

use crate::acquire::LineState;
use crate::lab::zone;
use crate::store::catalogue::{Instrument, Place};
use crate::store::profiles::PREFIX;
use crate::web::Shared;
use crate::web::agents;
use crate::web::display::Stamp;
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::staff::Staff;

use super::heard::{self, ClockView};

/// What the record says beside the line itself.
pub(super) struct Record {
    pub model: String,
    pub bench: String,
    pub transport: String,
    /// `9600 8N1`; empty where the line is not serial.
    pub settings: String,
    /// What reads it, with the revision that does so today; a profile has a page.
    pub driver: String,
    pub revision: String,
    pub profile_address: Option<String>,
    /// The line's driver is not there: nothing that comes is read.
    pub is_unreadable: bool,
    pub since: Option<Stamp>,
    pub fault_at: Option<Stamp>,
    /// Code, address of its page for those who may open it, and whether it is silent.
    pub agent: Option<AgentView>,
    pub clock: Option<ClockView>,
    pub schedule: Option<String>,
    pub calibrated_to: String,
    /// The calibration has run out.
    pub is_overdue: bool,
    pub data_system: Option<String>,
    /// Where the set-up is changed, for those who may.
    pub set_up: Option<String>,
}

pub(super) struct AgentView {
    pub code: String,
    pub name: String,
    pub address: Option<String>,
    pub heard: Option<Stamp>,
    pub is_silent: bool,
    pub is_revoked: bool,
}

pub(super) async fn record(
    shared: &Shared,
    staff: &Staff,
    l: &Locale,
    one: &Instrument,
    state: Option<&LineState>,
) -> Result<Record, Error> {
    let id = one.id;
    let clock = shared.store.instrument_clock(id).await?;
    let bench: Option<Place> = match one.bench_id {
        Some(bench) => shared.store.line(bench).await?,
        None => None,
    };
    let agent = match one.agent_id {
        Some(agent) => shared.store.agent(agent).await?,
        None => None,
    };
    let (store, driver) = (shared.store.clone(), one.driver.clone());
    let read = rocket::tokio::task::spawn_blocking(move || store.driver(&driver)).await.map_err(Error::failed)??;
    let may_set_up = staff.may_open("/admin");
    let profile = one.driver.strip_prefix(PREFIX);
    let today = zone::day(l.now).to_string();
    Ok(Record {
        model: format!("{} {}", one.maker, one.model).trim().to_owned(),
        bench: bench.map(|bench| bench.name).unwrap_or_default(),
        transport: l.name("transport", &one.transport),
        settings: if one.transport == "serial" {
            format!("{} {}{}{}", one.baud, one.data_bits, one.parity, one.stop_bits)
        } else {
            String::new()
        },
        revision: read.as_ref().map(|(_, revision)| revision.clone()).unwrap_or_default(),
        is_unreadable: read.is_none() && !one.driver.is_empty(),
        driver: match &read {
            Some((driver, _)) if profile.is_some() => format!("{} {}", driver.maker(), driver.models().join(" / ")),
            _ => one.driver.clone(),
        },
        profile_address: profile.filter(|_| may_set_up).map(|code| format!("/admin/profiles/{code}")),
        since: state.map(|state| l.ago(state.since)),
        fault_at: state.and_then(|state| state.last_fault_at).map(|at| l.ago(at)),
        agent: agent.map(|agent| AgentView {
            address: may_set_up.then(|| format!("/admin/agents/{}", agent.id)),
            heard: agent.heard.as_ref().map(|heard| l.ago(heard.at)),
            is_silent: agents::is_silent(&agent, l.now),
            is_revoked: agent.revoked_at.is_some(),
            code: agent.code,
            name: agent.name,
        }),
        clock: clock.map(|seen| heard::clock_view(l, &seen)),
        schedule: heard::schedule(one)?.map(|schedule| heard::scheduled(l, &schedule)),
        // Days as text sort as days.
        is_overdue: one.calibrated_to.as_deref().is_some_and(|day| day < today.as_str()),
        calibrated_to: one.calibrated_to.clone().unwrap_or_default(),
        data_system: one.data_system.as_ref().map(|word| l.name("data-system", word)),
        set_up: may_set_up.then(|| format!("/admin/instruments/{id}")),
    })
}
