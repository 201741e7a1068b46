//! The portal's front page: search, the latest results, rates with the numbers behind them, what the words mean.

use askama::Template;
use askama_web::WebTemplate;
use rocket::{Route, State, get, routes};

use super::rates::{self, Rates};
use super::reply::Reply;
use crate::lab::zone;
use crate::store::published::{Filter, Published};
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::result_view::ResultLine;

const LATEST: i64 = 6;

#[derive(Template, WebTemplate)]
#[template(path = "portal/front.html")]
struct FrontPage {
    l: Locale,
    path: String,
    latest: Vec<ResultLine>,
    all: i64,
    rates: Rates,
}

#[get("/")]
async fn front(published: &State<Published>, l: Locale) -> Result<Reply<FrontPage>, Error> {
    let (latest, all) = published.list(Filter::default(), 1, LATEST).await?;
    let today = zone::day(l.now);
    let tallies = published.tallies(rates::first_month(today)).await?;
    Ok(Reply::page(FrontPage {
        path: "/".to_owned(),
        latest: latest.iter().map(|entry| ResultLine::new(&l, &entry.document)).collect(),
        all,
        rates: rates::rates(&l, today, &tallies),
        l,
    }))
}

pub fn group() -> Vec<Route> {
    routes![front]
}
