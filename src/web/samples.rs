//! Samples: the list, one sample with its custody and history, and what a scanned code opens.

mod containers;
mod label;
mod receive;
mod register;

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, routes};

use super::Shared;
use super::analysis_view::AnalysisView;
use super::answer::Done;
use super::display::{Chip, Stamp, Tone};
use super::error::Error;
use super::locale::{Locale, Message};
use super::staff::Staff;
use crate::lab::custody::Holding;
use crate::lab::people::Act;
use crate::lab::sampling::form::Class;
use crate::lab::sampling::sample::State as Stands;
use crate::lab::zone;
use crate::store::catalogue::Instrument;
use crate::store::containers::{self as store_containers, Container, Moved};
use crate::store::samples::{self, Filter, PAGE, Sample};
use crate::store::work;

/// A sample in a list.
struct Row {
    code: String,
    blind_code: String,
    commodity: String,
    class: String,
    town: String,
    place: String,
    sampled_at: Stamp,
    state: Chip,
}

#[derive(Template, WebTemplate)]
#[template(path = "samples/list.html")]
struct ListPage {
    l: Locale,
    staff: Staff,
    q: String,
    state: String,
    class: String,
    states: Vec<(String, String)>,
    classes: Vec<(String, String)>,
    rows: Vec<Row>,
    all: i64,
    base: String,
    page: i64,
    last: i64,
    may_register: bool,
}

pub(super) fn state_chip(l: &Locale, state: Stands) -> Chip {
    let tone = match state {
        Stands::Registered => Tone::Plain,
        Stands::Received | Stands::Testing => Tone::Active,
        Stands::Refused => Tone::Bad,
        Stands::Completed | Stands::Published => Tone::Good,
    };
    Chip::new(tone, l.name("sample-state", state))
}

#[get("/bench/samples?<q>&<state>&<class>&<town>&<place>&<item>&<page>")]
#[allow(clippy::too_many_arguments, reason = "each is a filter in the address")]
async fn list(
    q: Option<&str>,
    state: Option<&str>,
    class: Option<&str>,
    town: Option<&str>,
    place: Option<i64>,
    item: Option<i64>,
    page: Option<i64>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<ListPage, Error> {
    let chosen = state.and_then(|word| word.parse::<Stands>().ok());
    let of_class = class.and_then(|word| word.parse::<Class>().ok());
    let q = q.unwrap_or_default().trim().to_owned();
    let filter = Filter {
        text: q.clone(),
        state: chosen,
        class: of_class,
        town: town.unwrap_or_default().to_owned(),
        place,
        plan_item: item,
        ..Filter::default()
    };
    let page = page.unwrap_or(1).clamp(1, 1_000_000);
    let (found, all) = shared.store.samples(filter, page).await?;
    let (state, class) = (
        chosen.map(|one| one.to_string()).unwrap_or_default(),
        of_class.map(|one| one.to_string()).unwrap_or_default(),
    );
    // Every filter stays in the address of the next page.
    let query = [
        ("q", q.clone()),
        ("state", state.clone()),
        ("class", class.clone()),
        ("town", town.unwrap_or_default().to_owned()),
        ("place", place.map(|id| id.to_string()).unwrap_or_default()),
        ("item", item.map(|id| id.to_string()).unwrap_or_default()),
    ];
    let pairs: Vec<String> = query
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}&", rocket::http::RawStr::new(value).percent_encode()))
        .collect();
    Ok(ListPage {
        states: Stands::ALL.iter().map(|one| (one.to_string(), l.name("sample-state", one))).collect(),
        classes: Class::ALL.iter().map(|one| (one.to_string(), l.name("class", one))).collect(),
        rows: found.into_iter().map(|sample| row(&l, sample)).collect(),
        base: format!("/bench/samples?{}", pairs.concat()),
        may_register: staff.actor.may(Act::RegisterSample),
        last: (all + PAGE - 1) / PAGE,
        q,
        state,
        class,
        all,
        page,
        l,
        staff,
    })
}

fn row(l: &Locale, sample: Sample) -> Row {
    Row {
        class: l.name("class", sample.class),
        sampled_at: l.time(sample.sampled_at),
        state: state_chip(l, sample.state),
        place: sample.place.unwrap_or_default(),
        code: sample.code,
        blind_code: sample.blind_code,
        commodity: sample.commodity,
        town: sample.town,
    }
}

/// A container on its sample's page.
pub(super) struct Held {
    pub code: String,
    pub kind: String,
    pub quantity: String,
    pub seal: String,
    pub whereabouts: String,
}

impl Held {
    pub(super) fn new(l: &Locale, container: &Container) -> Self {
        let whereabouts = match (&container.holding, &container.place) {
            (Holding::WithSampler { sampler }, _) => l.t1("custody-with-sampler", "name", sampler),
            (Holding::Held { at, .. }, Some(place)) => format!("{place} · {}", at.person),
            (Holding::Held { at, .. }, None) => at.person.clone(),
            (Holding::Ended { by, .. }, _) => l.name("movement-done", by),
        };
        Self {
            code: container.code.clone(),
            kind: l.name("container", container.kind),
            quantity: format!("{} {}", container.quantity, container.unit),
            seal: container.seal.clone(),
            whereabouts,
        }
    }
}

/// One thing that happened to a sample.
pub(super) struct Past {
    at: Stamp,
    when: jiff::Timestamp,
    what: String,
    who: String,
    note: String,
}

impl Past {
    pub(super) fn moved(l: &Locale, code: &str, one: &Moved) -> Self {
        let place = |place: &Option<String>| place.clone().map(|place| format!(" · {place}")).unwrap_or_default();
        let mut note = format!(
            "{}{} → {}{}；{}，{}",
            one.from_person,
            place(&one.from_place),
            one.to_person,
            place(&one.to_place),
            l.name("seal", one.seal),
            l.name("condition", one.condition),
        );
        if let Some(temperature) = &one.temperature {
            note.push_str(&format!(" {temperature} °C"));
        }
        if let Some(reason) = &one.reason {
            note.push_str(&format!(" — {reason}"));
        }
        Self {
            at: l.time(one.at),
            when: one.at,
            what: format!("{} {code}", l.name("movement", one.kind)),
            who: one.to_person.clone(),
            note,
        }
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "samples/show.html")]
struct ShowPage {
    l: Locale,
    staff: Staff,
    sample: Sample,
    state: Chip,
    class: String,
    stage: String,
    sampled_at: Stamp,
    registered_at: Stamp,
    registered_by: String,
    containers: Vec<Held>,
    lines: Vec<AnalysisView>,
    weighings: Vec<(String, Stamp)>,
    history: Vec<Past>,
    next: Option<(String, String)>,
    facts: Vec<(String, String)>,
}

async fn found(shared: &Shared, code: &str) -> Result<Sample, Error> {
    shared.store.sample_called(code.to_owned(), shared.clock.now()).await?.ok_or(Error::NotFound)
}

#[get("/bench/samples/<code>")]
async fn show(code: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ShowPage, Error> {
    let sample = found(shared, code).await?;
    let id = sample.id;
    let (containers, chains) = shared
        .store
        .reading(move |conn| {
            let containers = store_containers::of_sample(conn, id)?;
            let mut chains = Vec::new();
            for one in &containers {
                chains.push(store_containers::chain(conn, one.id)?);
            }
            Ok::<_, crate::store::StoreError>((containers, chains))
        })
        .await?;
    let filter = work::Filter { sample: Some(id), ..work::Filter::default() };
    let (lines, _) = shared.store.reading(move |conn| work::lines(conn, &filter, 1, 500)).await?;
    let people = shared.store.reading(work::people).await?;
    let mut history: Vec<Past> = containers
        .iter()
        .zip(&chains)
        .flat_map(|(one, chain)| chain.iter().map(|moved| Past::moved(&l, &one.code, moved)))
        .collect();
    history.push(Past {
        at: l.time(sample.registered_at),
        when: sample.registered_at,
        what: l.t("history-registered"),
        who: people.get(&sample.registered_by).cloned().unwrap_or_default(),
        note: String::new(),
    });
    history.sort_by_key(|one| one.when);
    let weighings = shared.store.reading(move |conn| samples::weighings(conn, id)).await?;
    Ok(ShowPage {
        next: next(&l, &staff, &sample),
        facts: facts(&l, &sample),
        state: state_chip(&l, sample.state),
        class: l.name("class", sample.class),
        stage: l.name("stage", sample.stage),
        sampled_at: l.time(sample.sampled_at),
        registered_at: l.time(sample.registered_at),
        registered_by: people.get(&sample.registered_by).cloned().unwrap_or_default(),
        containers: containers.iter().map(|one| Held::new(&l, one)).collect(),
        lines: lines.iter().map(|line| AnalysisView::new(&l, line)).collect(),
        weighings: weighings.into_iter().map(|(mass, at)| (mass, l.time(at))).collect(),
        history,
        sample,
        l,
        staff,
    })
}

/// The one next act: address and name.
fn next(l: &Locale, staff: &Staff, sample: &Sample) -> Option<(String, String)> {
    let code = &sample.code;
    match sample.state {
        Stands::Registered if staff.actor.may(Act::ReceiveSample) => {
            Some((format!("/bench/samples/{code}/receive"), l.t("sample-receive")))
        }
        Stands::Received | Stands::Testing if staff.actor.may(Act::OrderAnalysis) => {
            Some((format!("/bench/samples/{code}/order"), l.t("order-do")))
        }
        Stands::Completed | Stands::Published => Some((format!("/review/samples/{code}/sheet"), l.t("review-sheet"))),
        _ => None,
    }
}

/// What the form says beside the head, without what nobody wrote.
fn facts(l: &Locale, sample: &Sample) -> Vec<(String, String)> {
    let form = &sample.form;
    let samplers = form.samplers.join("、");
    let quantity = format!("{} {}", form.quantity, form.quantity_unit);
    [
        ("form-inspected-party", form.inspected_party.as_str()),
        ("form-contact", &form.contact),
        ("form-address", &form.address),
        ("form-producer", sample.producer.as_deref().unwrap_or_default()),
        ("form-samplers", &samplers),
        ("form-quantity", &quantity),
        ("form-lot-size", &form.lot_size),
        ("form-produced-on", &form.produced_on),
        ("form-lot", &form.lot),
        ("form-state", &form.state),
        ("form-packaging", &form.packaging),
        ("form-certificate", &form.certificate),
        ("form-last-input", &form.last_input),
        ("form-sampling-method", &form.sampling_method),
        ("form-seal", &form.seal),
        ("form-retained-seal", &form.retained_seal),
        ("form-retained-keeper", &form.retained_keeper),
        ("form-price-paid", &form.price_paid),
        ("form-deviation", &form.deviation),
        ("form-note", &form.note),
    ]
    .into_iter()
    .filter(|(_, value)| !value.trim().is_empty())
    .map(|(key, value)| (l.t(key), value.to_owned()))
    .collect()
}

/// What a scanner or the search box opens: a sample, a container, an instrument, or the list.
#[get("/bench/open?<code>")]
async fn open(code: &str, _staff: Staff, shared: &State<Shared>) -> Result<Done, Error> {
    let text = code.trim().to_owned();
    let scanned = text.clone();
    let container = shared.store.reading(move |conn| store_containers::called(conn, &scanned)).await?;
    if let Some(container) = container {
        return Ok(Done::to(format!("/bench/containers/{}", container.code)));
    }
    if let Some(sample) = shared.store.sample_called(text.clone(), shared.clock.now()).await? {
        return Ok(Done::to(format!("/bench/samples/{}", sample.code)));
    }
    let instruments: Vec<Instrument> = shared.store.list().await?;
    if let Some(one) = instruments.iter().find(|one| one.code.eq_ignore_ascii_case(&text)) {
        return Ok(Done::to(format!("/bench/lines/{}", one.code)));
    }
    let query = rocket::http::RawStr::new(&text).percent_encode();
    Ok(Done::to(format!("/bench/samples?q={query}")).saying(Message::new("open-not-a-code").with("found", text)))
}

/// A civil time typed in the laboratory's zone.
pub(super) fn instant(text: &str) -> Option<jiff::Timestamp> {
    let civil: jiff::civil::DateTime = text.trim().replace(' ', "T").parse().ok()?;
    zone::zone().to_timestamp(civil).ok()
}

pub fn group() -> Vec<Route> {
    [routes![list, show, open], register::group(), receive::group(), label::group(), containers::group()].concat()
}
