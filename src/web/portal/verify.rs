//! What shows that a result is the one that was published, and what a label's code opens.

use askama::Template;
use askama_web::WebTemplate;
use rocket::response::Redirect;
use rocket::{Route, State, get, routes};

use super::asked::Asked;
use super::reply::{Data, JSON, Reply};
use super::results::chosen;
use crate::lab::sampling::codes::{ContainerCode, SampleCode};
use crate::store::published::Published;
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::result_view;

#[derive(Template, WebTemplate)]
#[template(path = "portal/verify.html")]
struct VerifyPage {
    l: Locale,
    path: String,
    id: String,
    commodity: String,
    sampled_on: String,
    version: i64,
    versions: usize,
    withdrawn: bool,
    sha256: String,
    leaf: i64,
}

#[get("/verify/<id>")]
async fn verify(id: &str, published: &State<Published>, l: Locale) -> Result<Reply<VerifyPage>, Error> {
    let (versions, entry) = chosen(published, id, None).await?;
    Ok(Reply::page(VerifyPage {
        path: format!("/verify/{id}"),
        id: id.to_owned(),
        commodity: result_view::words(&l, &entry.document.commodity),
        sampled_on: result_view::day(&l, entry.document.sampled_on),
        version: entry.document.version,
        versions: versions.len(),
        withdrawn: entry.document.is_withdrawn(),
        sha256: entry.sha256,
        leaf: entry.leaf,
        l,
    }))
}

/// Exactly the bytes whose hash is kept.
#[get("/verify/<id>/document.json")]
async fn document(id: &str, asked: Asked, published: &State<Published>) -> Result<Data, Error> {
    let (_, entry) = chosen(published, id, asked.version()?).await?;
    Ok(Data { kind: JSON, text: entry.written, file: None })
}

#[derive(Template, WebTemplate)]
#[template(path = "portal/code.html")]
struct CodePage {
    l: Locale,
    path: String,
}

#[derive(rocket::Responder)]
enum Opened {
    Result(Box<Redirect>),
    Nothing(Box<CodePage>),
}

/// What the QR code of a label opens. A code without a published result reads alike whether the sample exists or not.
#[get("/t/<code>")]
async fn opened(code: &str, published: &State<Published>, l: Locale) -> Result<Opened, Error> {
    let sample =
        code.parse::<SampleCode>().or_else(|_| code.parse::<ContainerCode>().map(|container| container.sample));
    let found = match sample {
        Ok(sample) => published.of_sample(sample.to_string()).await?,
        Err(_) => published.versions(code.to_owned()).await?.pop().map(|entry| entry.document.id),
    };
    Ok(match found {
        Some(id) => Opened::Result(Box::new(Redirect::to(format!("/results/{id}")))),
        None => Opened::Nothing(Box::new(CodePage { path: "/".to_owned(), l })),
    })
}

pub fn group() -> Vec<Route> {
    routes![verify, document, opened]
}
