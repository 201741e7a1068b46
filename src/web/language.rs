//! Choosing the language of the pages; it changes nothing but a cookie.

use rocket::http::CookieJar;
use rocket::{Route, State, get, routes};

use super::answer::{Done, local};
use super::error::Error;
use super::locale::{Lang, Locale};
use super::session::Cookies;

#[get("/language/<lang>?<back>")]
fn choose(lang: &str, back: Option<&str>, cookies: &State<Cookies>, jar: &CookieJar<'_>) -> Result<Done, Error> {
    let lang = Lang::of_tag(lang).ok_or(Error::NotFound)?;
    jar.add(cookies.preference(Locale::COOKIE, lang.tag().to_owned()));
    Ok(Done::to(local(back.unwrap_or("/"))))
}

pub fn group() -> Vec<Route> {
    routes![choose]
}
