//! Monitoring plans: what was planned, what has been sampled, what is tested to the end.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, routes};

use crate::lab::people::Act;
use crate::lab::sampling::plan::Progress;
use crate::store::plans::Underway;
use crate::web::Shared;
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::staff::Staff;

struct Item {
    id: i64,
    commodity: String,
    place: String,
    method: String,
    progress: Progress,
}

struct Plan {
    code: String,
    name: String,
    class: String,
    period: String,
    items: Vec<Item>,
    all: Progress,
}

impl Plan {
    fn new(l: &Locale, plan: Underway) -> Self {
        let anywhere = || l.t("plans-anywhere");
        let any_method = || l.t("plans-any-method");
        Self {
            class: l.name("class", plan.class),
            period: l.t2("plans-period", "from", &plan.starts_on, "to", &plan.ends_on),
            all: plan.items.iter().map(|item| item.progress).sum(),
            items: plan
                .items
                .into_iter()
                .map(|item| Item {
                    id: item.id,
                    commodity: l.pick(&item.commodity, &item.commodity_en),
                    place: item.place.unwrap_or_else(anywhere),
                    method: item.method.unwrap_or_else(any_method),
                    progress: item.progress,
                })
                .collect(),
            code: plan.code,
            name: plan.name,
        }
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "samples/plans.html")]
struct PlansPage {
    l: Locale,
    staff: Staff,
    plans: Vec<Plan>,
    may_plan: bool,
}

#[get("/bench/plans")]
async fn plans(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<PlansPage, Error> {
    let plans = shared.store.plans().await?;
    Ok(PlansPage {
        plans: plans.into_iter().map(|plan| Plan::new(&l, plan)).collect(),
        may_plan: staff.actor.may(Act::SetUpLaboratory),
        l,
        staff,
    })
}

pub fn group() -> Vec<Route> {
    routes![plans]
}
