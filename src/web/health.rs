//! What a supervisor asks: is the process alive, and can it do its work.

use rocket::{Route, get, routes};

use super::error::Error;

#[get("/healthz")]
fn alive() -> &'static str {
    "ok\n"
}

#[get("/readyz")]
async fn ready() -> Result<&'static str, Error> {
    Ok("ready\n")
}

/// Where a request from another site ends.
#[get("/refused")]
fn refused() -> Error {
    Error::ForeignSite
}

pub fn group() -> Vec<Route> {
    routes![alive, ready, refused]
}
