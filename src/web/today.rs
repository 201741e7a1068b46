//! The first page after signing in: what waits for this person.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, routes};

use super::Shared;
use super::error::Error;
use super::lines::heard::{Silent, silent_lines};
use super::locale::Locale;
use super::staff::Staff;
use crate::lab::people::Act;

/// Something that waits: where, what, and how many.
struct Task {
    address: &'static str,
    name: String,
    count: i64,
}

#[derive(Template, WebTemplate)]
#[template(path = "today/show.html")]
struct TodayPage {
    l: Locale,
    staff: Staff,
    tasks: Vec<Task>,
    idle: Vec<Task>,
    silent: Vec<Silent>,
}

#[get("/")]
async fn show(staff: Staff, shared: &State<Shared>, l: Locale) -> Result<TodayPage, Error> {
    let waiting = shared.store.waiting().await?;
    let all = [
        (Act::ReceiveSample, "/bench/samples?state=registered", "today-receive", waiting.to_receive),
        (Act::EnterValue, "/bench?state=ordered", "today-measure", waiting.to_measure),
        (Act::ResolveReading, "/bench/inbox", "today-held", waiting.held_readings),
        (Act::WorkAtBench, "/bench/lines", "today-undelivered", waiting.undelivered_orders),
        (Act::EnterValue, "/bench?state=entered", "today-confirm", waiting.to_confirm),
        (Act::SubmitValue, "/bench?state=measured", "today-submit", waiting.to_submit),
        (Act::ReviewValue, "/review", "today-review", waiting.to_review),
        (Act::ResolveControl, "/qc", "today-controls", waiting.rejected_controls),
        (Act::ApproveValue, "/review", "today-approve", waiting.to_approve),
        (Act::Publish, "/review/publications", "today-publish", waiting.to_publish),
        (Act::SetUpLaboratory, "/admin", "today-set-up", 0),
    ];
    let own = all.into_iter().filter(|(act, ..)| staff.actor.may(*act));
    let tasks = own.map(|(_, address, key, count)| Task { address, name: l.t(key), count });
    let (tasks, idle) = tasks.partition(|task: &Task| task.count > 0);
    let silent = if staff.may_open("/bench/lines") { silent_lines(shared, &l).await? } else { Vec::new() };
    Ok(TodayPage { silent, tasks, idle, l, staff })
}

pub fn group() -> Vec<Route> {
    routes![show]
}
