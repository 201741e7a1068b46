//! Scanning at a bench, and the plan of places of an instrument that knows no codes.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::called;
use crate::store::catalogue::{ControlMaterial, Instrument, Place};
use crate::store::loadings::{self, Put};
use crate::store::{StoreError, scans};
use crate::web::Shared;
use crate::web::answer::{Answer, Done};
use crate::web::display::Stamp;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::{Locale, Message};
use crate::web::posted::Posted;
use crate::web::staff::Staff;

/// A scan, with what was weighed after it.
struct Scanned {
    at: Stamp,
    blind_code: String,
    commodity: String,
    sample: String,
    masses: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "lines/scan.html")]
struct ScanPage {
    l: Locale,
    staff: Staff,
    form: Form,
    benches: Vec<(String, String)>,
    bench: String,
    scans: Vec<Scanned>,
}

async fn scan_page(
    shared: &Shared,
    staff: Staff,
    l: Locale,
    form: Form,
    bench: Option<i64>,
) -> Result<ScanPage, Error> {
    let places: Vec<Place> = shared.store.list().await?;
    let benches: Vec<&Place> =
        places.iter().filter(|place| place.kind == "bench" && place.retired_at.is_none()).collect();
    let bench = bench.or(benches.first().map(|place| place.id));
    let scans = match bench {
        Some(bench) => shared.store.reading(move |conn| scans::last(conn, bench, 20)).await?,
        None => Vec::new(),
    };
    Ok(ScanPage {
        benches: benches.iter().map(|place| (place.id.to_string(), place.name.clone())).collect(),
        bench: bench.map(|id| id.to_string()).unwrap_or_default(),
        scans: scans
            .into_iter()
            .map(|one| Scanned {
                at: l.time(one.at),
                blind_code: one.blind_code,
                commodity: one.commodity,
                sample: one.sample,
                masses: one.masses.join("、"),
            })
            .collect(),
        form,
        l,
        staff,
    })
}

#[get("/bench/scan?<bench>")]
async fn scan(bench: Option<i64>, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ScanPage, Error> {
    let form = Form::new(&staff.csrf);
    scan_page(shared, staff, l, form, bench).await
}

#[post("/bench/scan", data = "<posted>")]
async fn scanned(posted: Posted, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<Answer<ScanPage>, Error> {
    let mut form = posted.into_form();
    let bench: Option<i64> = form.parsed("bench", "error-field-choice");
    let code = form.required("code");
    let sample = match &code {
        Some(code) => shared.store.sample_called(code.clone(), shared.clock.now()).await?,
        None => None,
    };
    if let (Some(code), None) = (&code, &sample) {
        form.refuse("code", Message::new("scan-unknown").with("found", code));
    }
    let (Some(bench), Some(code), Some(sample), true) = (bench, code, sample, form.is_ok()) else {
        return Ok(Answer::again(scan_page(shared, staff, l, form, bench).await?));
    };
    let id = sample.id;
    let kept = shared.store.scan(staff.who(), shared.clock.now(), bench, code, id).await;
    if let Err(StoreError::Unknown { field, .. }) = kept {
        form.refuse(field, "error-unknown-line");
        return Ok(Answer::again(scan_page(shared, staff, l, form, None).await?));
    }
    kept?;
    let said = Message::new("scan-done").with("code", sample.blind_code);
    Ok(Done::to(format!("/bench/scan?bench={bench}")).saying(said).into())
}

/// What stands at a place.
struct Stands {
    position: String,
    what: String,
    control: bool,
}

/// Places of a rack; instruments of this kind have up to sixteen channels.
const POSITIONS: u8 = 16;

#[derive(Template, WebTemplate)]
#[template(path = "lines/loadings.html")]
struct LoadingsPage {
    l: Locale,
    staff: Staff,
    form: Form,
    instrument: Instrument,
    places: Vec<Stands>,
    materials: Vec<(String, String)>,
}

async fn loadings_page(
    shared: &Shared,
    staff: Staff,
    l: Locale,
    form: Form,
    instrument: Instrument,
) -> Result<LoadingsPage, Error> {
    let id = instrument.id;
    let standing = shared.store.reading(move |conn| loadings::standing(conn, id)).await?;
    let materials: Vec<ControlMaterial> = shared.store.list().await?;
    let places = (1..=POSITIONS)
        .map(|n| n.to_string())
        .map(|position| Stands {
            control: instrument.control_position.as_deref() == Some(position.as_str()),
            what: standing.iter().find(|(at, _)| *at == position).map(|(_, what)| what.clone()).unwrap_or_default(),
            position,
        })
        .collect();
    Ok(LoadingsPage {
        materials: materials
            .into_iter()
            .filter(|one| one.retired_at.is_none())
            .map(|one| (one.id.to_string(), format!("{} {}", one.code, one.name)))
            .collect(),
        places,
        instrument,
        form,
        l,
        staff,
    })
}

#[get("/bench/lines/<code>/places")]
async fn places(code: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<LoadingsPage, Error> {
    let instrument = called(shared, code).await?;
    let form = Form::new(&staff.csrf);
    loadings_page(shared, staff, l, form, instrument).await
}

#[post("/bench/lines/<code>/places", data = "<posted>")]
async fn place(
    code: &str,
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<LoadingsPage>, Error> {
    let instrument = called(shared, code).await?;
    let mut form = posted.into_form();
    let id = instrument.id;
    let here = format!("/bench/lines/{code}/places");
    if form.value("act") == "clear" {
        let cleared = move |tx: &mut crate::store::Tx<'_>| loadings::clear(tx, id, None);
        shared.store.writing(staff.who(), shared.clock.now(), cleared).await?;
        return Ok(Done::to(here).saying("loadings-cleared").into());
    }
    let position: Option<u8> = form.parsed("position", "error-field-whole");
    if position.is_some_and(|position| !(1..=POSITIONS).contains(&position)) {
        form.refuse("position", "error-field-choice");
    }
    let material: Option<i64> = form.parsed_if_given("material", "error-field-choice");
    let put = match (material, form.get("sample").map(str::to_owned)) {
        (Some(material), _) => Some(Put::Material(material)),
        (None, Some(code)) => {
            let sample = shared.store.sample_called(code.clone(), shared.clock.now()).await?;
            if sample.is_none() {
                form.refuse("sample", Message::new("scan-unknown").with("found", code));
            }
            sample.map(|sample| Put::Sample(sample.id))
        }
        (None, None) => {
            form.refuse("sample", "error-field-required");
            None
        }
    };
    let control = position.is_some() && position.map(|one| one.to_string()) == instrument.control_position;
    if control && matches!(put, Some(Put::Sample(_))) {
        form.refuse("position", "loading-control-place");
    }
    let (Some(position), Some(put), true) = (position, put, form.is_ok()) else {
        return Ok(Answer::again(loadings_page(shared, staff, l, form, instrument).await?));
    };
    let kept = shared.store.put(staff.who(), shared.clock.now(), id, position.to_string(), put).await;
    if let Err(StoreError::Unknown { field, .. }) = kept {
        form.refuse(field, "error-unknown-line");
        return Ok(Answer::again(loadings_page(shared, staff, l, form, instrument).await?));
    }
    kept?;
    Ok(Done::to(here).saying(Message::new("loading-placed").with("position", position)).into())
}

pub fn group() -> Vec<Route> {
    routes![scan, scanned, places, place]
}
