//! The first page after signing in.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, get, routes};

use super::locale::Locale;
use super::staff::Staff;

#[derive(Template, WebTemplate)]
#[template(path = "today/show.html")]
struct TodayPage {
    l: Locale,
    staff: Staff,
}

#[get("/")]
fn show(staff: Staff, l: Locale) -> TodayPage {
    TodayPage { l, staff }
}

pub fn group() -> Vec<Route> {
    routes![show]
}
