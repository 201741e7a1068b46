//! Labels: one for each container, on a page to print and as ZPL for a label printer.

use askama::Template;
use askama_web::WebTemplate;
use rocket::http::{ContentType, Header};
use rocket::{Responder, Route, State, get, routes};

use super::found;
use crate::report::label::{self, Label};
use crate::report::zpl::{self, Printer};
use crate::store::containers;
use crate::store::samples::Sample;
use crate::web::Shared;
use crate::web::display::Picture;
use crate::web::error::Error;
use crate::web::locale::Locale;
use crate::web::staff::Staff;

#[derive(Template, WebTemplate)]
#[template(path = "samples/label.html")]
struct LabelPage {
    l: Locale,
    staff: Staff,
    code: String,
    /// Each an SVG, made here.
    labels: Vec<Picture>,
}

/// What the labels of a sample's containers say: the blind code, the commodity, never the producer.
async fn labels(shared: &Shared, l: &Locale, sample: &Sample) -> Result<Vec<Label>, Error> {
    let id = sample.id;
    let containers = shared.store.reading(move |conn| containers::of_sample(conn, id)).await?;
    Ok(containers
        .into_iter()
        .map(|one| Label {
            second: sample.blind_code.clone(),
            lines: vec![format!("{} · {}", sample.commodity, l.name("container", one.kind)), l.day(sample.sampled_at)],
            address: format!("{}/t/{}", shared.portal_url, sample.code),
            code: one.code,
        })
        .collect())
}

#[get("/bench/samples/<code>/label")]
async fn page(code: &str, staff: Staff, shared: &State<Shared>, l: Locale) -> Result<LabelPage, Error> {
    let sample = found(shared, code).await?;
    let drawn: Result<Vec<String>, _> = labels(shared, &l, &sample).await?.iter().map(label::draw).collect();
    Ok(LabelPage {
        code: sample.code,
        labels: drawn.map_err(Error::failed)?.into_iter().map(Picture).collect(),
        l,
        staff,
    })
}

#[derive(Responder)]
struct Zpl {
    text: String,
    kind: ContentType,
    attachment: Header<'static>,
}

#[get("/bench/samples/<code>/label.zpl")]
async fn download(code: &str, _staff: Staff, shared: &State<Shared>, l: Locale) -> Result<Zpl, Error> {
    let sample = found(shared, code).await?;
    let labels = labels(shared, &l, &sample).await?;
    let text = labels.iter().map(|label| zpl::draw(label, &Printer::default())).collect();
    let attachment = Header::new("Content-Disposition", format!("attachment; filename=\"{}.zpl\"", sample.code));
    Ok(Zpl { text, kind: ContentType::Plain, attachment })
}

pub fn group() -> Vec<Route> {
    routes![page, download]
}
