//! One sample: what the form says, its results, its containers, and everything that happened to it.

use std::collections::BTreeMap;

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, routes};

use super::{found, state_chip};
use crate::lab::custody::Holding;
use crate::lab::people::Act;
use crate::lab::sampling::sample::State as Stands;
use crate::store::analyses::{self, Happened};
use crate::store::containers::{self as store_containers, Container, Moved};
use crate::store::dispatches;
use crate::store::samples::{self, Sample};
use crate::store::work::{self, Line};
use crate::web::Shared;
use crate::web::analysis_view::{self, AnalysisView};
use crate::web::display::{Chip, Stamp};
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::staff::Staff;

/// A container on its sample's page.
pub(super) struct Held {
    pub code: String,
    pub kind: String,
    pub quantity: String,
    pub seal: String,
    pub whereabouts: String,
}

impl Held {
    pub fn new(l: &Locale, container: &Container) -> Self {
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
    pub at: Stamp,
    when: jiff::Timestamp,
    pub what: String,
    pub who: String,
    pub note: String,
}

impl Past {
    pub fn moved(l: &Locale, code: &str, one: &Moved) -> Self {
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

/// Up to this many analytes are named; more are counted.
const NAMED: usize = 4;

fn these(l: &Locale, analytes: &[String]) -> String {
    if analytes.len() <= NAMED { analytes.join("、") } else { l.n("history-analytes", analytes.len()) }
}

/// When the analyses were ordered, one entry for what was ordered together.
fn ordered(l: &Locale, lines: &[Line], people: &BTreeMap<i64, String>) -> Vec<Past> {
    let mut together: BTreeMap<(jiff::Timestamp, &str, i64), Vec<String>> = BTreeMap::new();
    for line in lines {
        let key = (line.analysis.ordered_at, &*line.method_code, line.analysis.ordered_by);
        together.entry(key).or_default().push(analysis_view::name(l, &line.analyte));
    }
    let past = together.into_iter().map(|((when, method, by), analytes)| Past {
        at: l.time(when),
        when,
        what: l.t("history-ordered"),
        who: people.get(&by).cloned().unwrap_or_default(),
        note: format!("{method} · {}", these(l, &analytes)),
    });
    past.collect()
}

/// The steps of the sample's analyses: what one person did in one act is one entry.
fn stepped(l: &Locale, steps: &[(i64, Happened)], lines: &[Line], people: &BTreeMap<i64, String>) -> Vec<Past> {
    let analyte = |id: i64| lines.iter().find(|line| line.analysis.id == id).map(|line| &line.analyte);
    let same = |a: &(i64, Happened), b: &(i64, Happened)| {
        (a.1.step, a.1.by, a.1.at, &a.1.reason) == (b.1.step, b.1.by, b.1.at, &b.1.reason)
    };
    let past = steps.chunk_by(same).filter_map(|together| {
        let (_, first) = together.first()?;
        let named = together.iter().filter_map(|(id, one)| {
            let name = analysis_view::name(l, analyte(*id)?);
            let value = one.value.as_deref().and_then(|value| value.parse().ok());
            Some(format!("{name} {}", analysis_view::shown_value(l, value.as_ref())).trim_end().to_owned())
        });
        let mut note = these(l, &named.collect::<Vec<_>>());
        if let Some(reason) = &first.reason {
            note.push_str(&format!(" — {reason}"));
        }
        Some(Past {
            at: l.time(first.at),
            when: first.at,
            what: l.name("step", first.step),
            who: first.by.and_then(|id| people.get(&id.0).cloned()).unwrap_or_else(|| l.t("who-instrument")),
            note,
        })
    });
    past.collect()
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
    /// Instruments that did not take an order of this sample.
    undelivered: Vec<String>,
    history: Vec<Past>,
    next: Option<(String, String)>,
    facts: Vec<(String, String)>,
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
    history.extend(ordered(&l, &lines, &people));
    history.push(Past {
        at: l.time(sample.registered_at),
        when: sample.registered_at,
        what: l.t("history-registered"),
        who: people.get(&sample.registered_by).cloned().unwrap_or_default(),
        note: String::new(),
    });
    let steps = shared.store.reading(move |conn| analyses::history_of_sample(conn, id)).await?;
    history.extend(stepped(&l, &steps, &lines, &people));
    history.sort_by_key(|one| one.when);
    let weighings = shared.store.reading(move |conn| samples::weighings(conn, id)).await?;
    let undelivered = shared.store.reading(move |conn| dispatches::undelivered_of(conn, id)).await?;
    Ok(ShowPage {
        undelivered,
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
    let with = |number: &str, unit: &str| if number.is_empty() { String::new() } else { format!("{number} {unit}") };
    let retained = with(&form.retained_quantity, &form.quantity_unit);
    let temperature = with(&form.temperature, "℃");
    [
        ("form-inspected-party", form.inspected_party.as_str()),
        ("form-contact", &form.contact),
        ("form-phone", &form.phone),
        ("form-address", &form.address),
        ("form-producer", sample.producer.as_deref().unwrap_or_default()),
        ("form-samplers", &samplers),
        ("form-quantity", &quantity),
        ("form-lot-size", &form.lot_size),
        ("form-state", &form.state),
        ("form-specification", &form.specification),
        ("form-brand", &form.brand),
        ("form-grade", &form.grade),
        ("form-produced-on", &form.produced_on),
        ("form-lot", &form.lot),
        ("form-packaging", &form.packaging),
        ("form-certificate", &form.certificate),
        ("form-trace-code", &form.trace_code),
        ("form-last-input", &form.last_input),
        ("form-last-input-on", &form.last_input_on),
        ("form-sampling-method", &form.sampling_method),
        ("form-temperature-taken", &temperature),
        ("form-seal", &form.seal),
        ("form-retained-quantity", &retained),
        ("form-retained-seal", &form.retained_seal),
        ("form-retained-keeper", &form.retained_keeper),
        ("form-price-paid", &form.price_paid),
        ("form-party-signature", &form.party_signature),
        ("form-deviation", &form.deviation),
        ("form-note", &form.note),
    ]
    .into_iter()
    .filter(|(_, value)| !value.trim().is_empty())
    .map(|(key, value)| (l.t(key), value.to_owned()))
    .collect()
}

pub fn group() -> Vec<Route> {
    routes![show]
}
