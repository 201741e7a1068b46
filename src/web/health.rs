//! What a supervisor asks: is the process alive, and can it do its work.

use rocket::{Route, State, get, routes};

use super::Ready;
use super::error::Error;

#[get("/healthz")]
fn alive() -> &'static str {
    "ok\n"
}

#[get("/readyz")]
async fn ready(ready: &State<Ready>) -> Result<&'static str, Error> {
    match ready.inner() {
        Ready::Laboratory(store) => store.has_nobody().await.map(|_| ()).map_err(|_| Error::Busy("store"))?,
        Ready::Portal(published) => published.check().await.map_err(|_| Error::Busy("published store"))?,
    }
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
