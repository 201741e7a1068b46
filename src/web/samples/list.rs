//! The list of samples, by what one searches for.

use std::collections::BTreeSet;

use askama::Template;
use askama_web::WebTemplate;
use rocket::http::RawStr;
use rocket::{FromForm, Route, State, get, routes};

use super::state_chip;
use crate::lab::catalogue::PlaceKind;
use crate::lab::people::Act;
use crate::lab::sampling::form::Class;
use crate::lab::sampling::sample::State as Stands;
use crate::lab::zone;
use crate::store::catalogue::Place;
use crate::store::samples::{Filter, PAGE, Sample};
use crate::web::Shared;
use crate::web::display::{Chip, Stamp};
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::staff::Staff;

type Choice = (String, String);

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
    asked: Asked,
    states: Vec<Choice>,
    classes: Vec<Choice>,
    places: Vec<Choice>,
    towns: Vec<String>,
    items: Vec<Choice>,
    /// A filter beside the words is set: the form shows all of them.
    narrowed: bool,
    rows: Vec<Row>,
    all: i64,
    base: String,
    page: i64,
    last: i64,
    may_register: bool,
}

/// What the address asks for; every filter stays in the address of the next page.
#[derive(Debug, Clone, Default, FromForm)]
pub struct Asked {
    #[field(default = String::new())]
    q: String,
    #[field(default = String::new())]
    state: String,
    #[field(default = String::new())]
    class: String,
    #[field(default = String::new())]
    town: String,
    #[field(default = String::new())]
    place: String,
    #[field(default = String::new())]
    item: String,
    #[field(default = String::new())]
    from: String,
    #[field(default = String::new())]
    to: String,
    page: Option<i64>,
}

impl Asked {
    /// What cannot be read is no filter.
    fn filter(&self) -> Filter {
        let day = |text: &str| text.trim().parse::<jiff::civil::Date>().ok();
        Filter {
            text: self.q.trim().to_owned(),
            state: self.state.parse().ok(),
            class: self.class.parse().ok(),
            town: self.town.trim().to_owned(),
            place: self.place.parse().ok(),
            plan_item: self.item.parse().ok(),
            from: day(&self.from).and_then(zone::midnight),
            before: day(&self.to).and_then(|last| last.tomorrow().ok()).and_then(zone::midnight),
        }
    }

    /// The address of the list with these filters, ready for `page=`.
    fn base(&self) -> String {
        let pairs = [
            ("q", &self.q),
            ("state", &self.state),
            ("class", &self.class),
            ("town", &self.town),
            ("place", &self.place),
            ("item", &self.item),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.trim().is_empty());
        let query = pairs.map(|(name, value)| format!("{name}={}&", RawStr::new(value).percent_encode()));
        format!("/bench/samples?{}", query.collect::<String>())
    }

    fn is_narrowed(&self) -> bool {
        [&self.town, &self.place, &self.item, &self.from, &self.to].iter().any(|value| !value.is_empty())
    }
}

#[get("/bench/samples?<asked..>")]
async fn list(asked: Asked, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<ListPage, Error> {
    let page = asked.page.unwrap_or(1).clamp(1, 1_000_000);
    let (found, all) = shared.store.samples(asked.filter(), page).await?;
    let places: Vec<Place> = shared.store.list().await?;
    let away = |place: &&Place| place.kind.parse::<PlaceKind>().is_ok_and(|kind| !kind.is_ours());
    let towns: BTreeSet<&str> = places.iter().map(|place| &*place.town).filter(|town| !town.is_empty()).collect();
    let items = shared.store.plans().await?.into_iter().flat_map(|plan| {
        let code = plan.code;
        plan.items.into_iter().map(move |item| (item.id, code.clone(), item.commodity, item.commodity_en))
    });
    Ok(ListPage {
        states: Stands::ALL.iter().map(|one| (one.to_string(), l.name("sample-state", one))).collect(),
        classes: Class::ALL.iter().map(|one| (one.to_string(), l.name("class", one))).collect(),
        towns: towns.into_iter().map(str::to_owned).collect(),
        places: places.iter().filter(away).map(|one| (one.id.to_string(), one.name.clone())).collect(),
        items: items.map(|(id, plan, zh, en)| (id.to_string(), format!("{plan} · {}", l.pick(&zh, &en)))).collect(),
        rows: found.into_iter().map(|sample| row(&l, sample)).collect(),
        base: asked.base(),
        narrowed: asked.is_narrowed(),
        may_register: staff.actor.may(Act::RegisterSample),
        last: (all + PAGE - 1) / PAGE,
        asked,
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
        commodity: l.pick(&sample.commodity, &sample.commodity_en),
        town: sample.town,
    }
}

pub fn group() -> Vec<Route> {
    routes![list]
}
