//! Registering a sample: the sampling form (抽样单), every field kept as typed until it is right.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, post, routes};

use super::instant;
use crate::lab::catalogue::PlaceKind;
use crate::lab::sampling::form::{Class, Missing, SamplingForm, Stage};
use crate::lab::zone;
use crate::store::StoreError;
use crate::store::catalogue::{Commodity, Place, Plan, PlanItem, Producer};
use crate::store::samples::NewSample;
use crate::web::Shared;
use crate::web::answer::{Answer, Done};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::{Locale, Message};
use crate::web::posted::Posted;
use crate::web::staff::Staff;

/// Value and name of a choice.
type Choice = (String, String);

#[derive(Template, WebTemplate)]
#[template(path = "samples/register.html")]
struct RegisterPage {
    l: Locale,
    staff: Staff,
    form: Form,
    classes: Vec<Choice>,
    stages: Vec<Choice>,
    commodities: Vec<Choice>,
    producers: Vec<Choice>,
    places: Vec<Choice>,
    items: Vec<Choice>,
}

async fn page(shared: &Shared, staff: Staff, l: Locale, form: Form) -> Result<RegisterPage, Error> {
    let commodities: Vec<Commodity> = shared.store.list().await?;
    let producers: Vec<Producer> = shared.store.list().await?;
    let places: Vec<Place> = shared.store.list().await?;
    let plans: Vec<Plan> = shared.store.list().await?;
    let items: Vec<PlanItem> = shared.store.list().await?;
    let named = |id: i64| commodities.iter().find(|one| one.id == id).map(|one| l.pick(&one.name, &one.name_en));
    let item = |item: &PlanItem| {
        let plan = plans.iter().find(|plan| plan.id == item.plan_id)?;
        Some((item.id.to_string(), format!("{} · {}", plan.code, named(item.commodity_id)?)))
    };
    let ours = |place: &Place| place.kind.parse::<PlaceKind>().is_ok_and(PlaceKind::is_ours);
    Ok(RegisterPage {
        classes: Class::ALL.iter().map(|one| (one.to_string(), l.name("class", one))).collect(),
        stages: Stage::ALL.iter().map(|one| (one.to_string(), l.name("stage", one))).collect(),
        items: items.iter().filter_map(item).collect(),
        commodities: commodities
            .iter()
            .filter(|one| one.retired_at.is_none())
            .map(|one| (one.id.to_string(), l.pick(&one.name, &one.name_en)))
            .collect(),
        producers: producers
            .iter()
            .filter(|one| one.retired_at.is_none())
            .map(|one| (one.id.to_string(), one.name.clone()))
            .collect(),
        places: places
            .iter()
            .filter(|one| one.retired_at.is_none() && !ours(one))
            .map(|one| (one.id.to_string(), format!("{} · {}", one.name, one.town)))
            .collect(),
        form,
        l,
        staff,
    })
}

#[get("/bench/samples/new")]
async fn blank(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<RegisterPage, Error> {
    let now = zone::civil(shared.clock.now()).strftime("%Y-%m-%dT%H:%M").to_string();
    let form = Form::new(&staff.csrf).with("sampled_at", now).with("quantity_unit", "kg");
    page(shared, staff, l, form).await
}

#[post("/bench/samples/new", data = "<posted>")]
async fn register(
    posted: Posted,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<Answer<RegisterPage>, Error> {
    let mut form = posted.into_form();
    let commodities: Vec<Commodity> = shared.store.list().await?;
    let Some(new) = read(&mut form, &commodities, shared.clock.now()) else {
        return Ok(Answer::again(page(shared, staff, l, form).await?));
    };
    let registered = match shared.store.register(staff.who(), shared.clock.now(), new).await {
        Err(StoreError::Unknown { field, .. }) => {
            form.refuse(field, "error-unknown-line");
            return Ok(Answer::again(page(shared, staff, l, form).await?));
        }
        registered => registered?,
    };
    let said = Message::new("sample-registered").with("code", registered.code);
    Ok(Done::to(format!("/bench/samples/{}", registered.code)).saying(said).into())
}

fn read(form: &mut Form, commodities: &[Commodity], now: jiff::Timestamp) -> Option<NewSample> {
    let class: Option<Class> = form.parsed("class", "error-field-choice");
    let stage: Option<Stage> = form.parsed("stage", "error-field-choice");
    let commodity: Option<i64> = form.parsed("commodity", "error-field-choice");
    let known = commodity.and_then(|id| commodities.iter().find(|one| one.id == id));
    if commodity.is_some() && known.is_none() {
        form.refuse("commodity", "error-unknown-line");
    }
    let producer: Option<i64> = form.parsed_if_given("producer", "error-field-choice");
    let place: Option<i64> = form.parsed_if_given("place", "error-field-choice");
    let plan_item: Option<i64> = form.parsed_if_given("plan_item", "error-field-choice");
    let town = form.required("town");
    let sampled = form.required("sampled_at");
    let sampled_at = sampled.as_deref().and_then(instant);
    match (&sampled, sampled_at) {
        (Some(text), None) => form.refuse("sampled_at", Message::new("error-field-time").with("found", text)),
        (_, Some(at)) if at > now => form.refuse("sampled_at", "error-sampled-later"),
        _ => (),
    }
    let text = |name: &str| form.value(name).trim().to_owned();
    let fields = SamplingForm {
        lot_size: text("lot_size"),
        specification: text("specification"),
        brand: text("brand"),
        grade: text("grade"),
        state: text("state"),
        produced_on: text("produced_on"),
        lot: text("lot"),
        packaging: text("packaging"),
        certificate: text("certificate"),
        trace_code: text("trace_code"),
        inspected_party: text("inspected_party"),
        contact: text("contact"),
        phone: text("phone"),
        address: text("address"),
        last_input: text("last_input"),
        last_input_on: text("last_input_on"),
        sampling_method: text("sampling_method"),
        samplers: [text("sampler_1"), text("sampler_2")].into_iter().filter(|name| !name.is_empty()).collect(),
        quantity: text("quantity"),
        quantity_unit: text("quantity_unit"),
        seal: text("seal"),
        retained_seal: text("retained_seal"),
        retained_quantity: text("retained_quantity"),
        retained_keeper: text("retained_keeper"),
        temperature: text("temperature"),
        price_paid: text("price_paid"),
        deviation: text("deviation"),
        party_signature: text("party_signature"),
        note: text("note"),
    };
    let written = text("commodity_written");
    for missing in class.map(|class| fields.missing(class)).unwrap_or_default() {
        let (field, key) = match missing {
            Missing::Samplers => ("sampler_1", "error-field-required"),
            Missing::SecondSampler => ("sampler_2", "error-second-sampler"),
            Missing::Quantity => ("quantity", "error-quantity"),
            Missing::RetainedSeal => ("retained_seal", "error-retained"),
        };
        form.refuse(field, key);
    }
    let new = NewSample {
        class: class?,
        stage: stage?,
        commodity: commodity?,
        commodity_written: if written.is_empty() { known?.name.clone() } else { written },
        producer,
        place,
        town: town?,
        plan_item,
        sampled_at: sampled_at?,
        form: fields,
    };
    form.is_ok().then_some(new)
}

pub fn group() -> Vec<Route> {
    routes![blank, register]
}
