//! The bytes of a transmission as hex and text, what the link made of them, and the readings they say.

use askama::Template;
use askama_web::WebTemplate;
use rocket::http::{ContentType, Header};
use rocket::{Responder, Route, State, get, routes};

use super::{chromatogram, transmission_chip};
use crate::chart::chromatogram::{Axes, draw};
use crate::chart::svg::Caption;
use crate::lab::analysis::matching::Fate;
use crate::store::chromatograms::Kept;
use crate::store::readings::{self, Shown, Which};
use crate::store::transmissions::{self, Stretch, Transmission};
use crate::web::Shared;
use crate::web::display::{Chip, Picture, Stamp, Tone};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::Locale;
use crate::web::staff::Staff;

/// Bytes in a row of the table.
const ROW: usize = 16;
/// Bytes on a page: more make a browser slow.
const PAGE: usize = 4096;

/// One byte: hex, text, class of what the link made of it, and whether the reading asked for says it.
struct Byte {
    hex: String,
    text: String,
    class: &'static str,
    marked: bool,
}

struct Row {
    offset: String,
    bytes: Vec<Byte>,
    /// A reading that begins in this row.
    anchors: Vec<i64>,
}

/// What the link made of a stretch, with our answer.
struct Piece {
    offset: usize,
    len: usize,
    class: &'static str,
    kind: String,
    fault: String,
    answer: String,
}

/// A reading in a table.
pub(super) struct Line {
    pub id: i64,
    /// `id.version`, for a tick.
    pub seen: String,
    pub transmission: i64,
    pub instrument: String,
    pub at: Stamp,
    pub sample: String,
    pub position: String,
    pub analyte: String,
    pub result: String,
    pub unit: String,
    pub recomputed: String,
    pub flags: String,
    pub fate: Chip,
    pub why: String,
    pub analysis: Option<i64>,
    pub marked: bool,
}

impl Line {
    pub(super) fn new(l: &Locale, one: &Shown) -> Self {
        Self {
            id: one.id,
            seen: format!("{}.{}", one.id, one.version),
            transmission: one.transmission,
            instrument: one.instrument.clone(),
            at: l.time(one.received_at),
            sample: one.sample_text.clone().unwrap_or_default(),
            position: one.position.clone().unwrap_or_default(),
            analyte: one.analyte_code.clone().unwrap_or_default(),
            result: one.result.clone().unwrap_or_default(),
            unit: one.unit.clone().unwrap_or_default(),
            recomputed: one.recomputed.as_ref().map(|number| format!("{number} %")).unwrap_or_default(),
            flags: one.flags.join(" · "),
            fate: fate_chip(l, one.fate),
            why: one.held_for.map(|why| l.name("held", why)).unwrap_or_default(),
            analysis: one.analysis,
            marked: false,
        }
    }
}

pub(super) fn fate_chip(l: &Locale, fate: Fate) -> Chip {
    let tone = match fate {
        Fate::Matched | Fate::Control | Fate::Weighing => Tone::Good,
        Fate::Held => Tone::Warn,
        Fate::Duplicate => Tone::Plain,
        Fate::Rejected => Tone::Gone,
    };
    Chip::new(tone, l.name("fate", fate))
}

fn class(kind: &str) -> &'static str {
    match kind {
        "frame" => "frame",
        "control" => "control",
        "repeated" => "repeated",
        "refused" => "refused",
        _ => "noise",
    }
}

/// A chromatogram with the way to its own page.
struct Signal {
    address: String,
    name: String,
    picture: Picture,
}

#[derive(Template, WebTemplate)]
#[template(path = "lines/transmission.html")]
struct TransmissionPage {
    l: Locale,
    staff: Staff,
    form: Form,
    one: Transmission,
    state: Chip,
    started: Stamp,
    ended: Stamp,
    /// When the file was last changed, where it was one.
    modified: Option<Stamp>,
    size: usize,
    rows: Vec<Row>,
    pieces: Vec<Piece>,
    lines: Vec<Line>,
    signals: Vec<Signal>,
    base: String,
    page: usize,
    last: usize,
}

#[get("/bench/transmissions/<id>?<reading>&<page>")]
async fn show(
    id: i64,
    reading: Option<i64>,
    page: Option<usize>,
    staff: Staff,
    shared: &State<Shared>,
    l: Locale,
) -> Result<TransmissionPage, Error> {
    let whole = shared.store.reading(move |conn| transmissions::find(conn, id)).await?.ok_or(Error::NotFound)?;
    let which = Which { transmission: Some(id), ..Which::default() };
    let (found, _) = shared.store.reading(move |conn| readings::list(conn, which, 1)).await?;
    let marked = reading.and_then(|reading| found.iter().find(|one| one.id == reading));
    // A reading that was asked for is on the page with its first byte.
    let page = page.or(marked.map(|one| one.wire.0 / PAGE + 1)).unwrap_or(1);
    let last = whole.bytes.len().div_ceil(PAGE).max(1);
    let page = page.clamp(1, last);
    let lines = found.iter().map(|one| Line { marked: Some(one.id) == reading, ..Line::new(&l, one) }).collect();
    Ok(TransmissionPage {
        form: Form::default(),
        state: transmission_chip(&l, &whole.transmission.state),
        started: l.time(whole.transmission.started_at),
        ended: l.time(whole.transmission.ended_at),
        modified: whole.transmission.modified_at.map(|at| l.time(at)),
        size: whole.bytes.len(),
        rows: rows(&whole.bytes, &whole.stretches, &found, marked, page),
        pieces: whole.stretches.iter().map(|one| piece(&l, one)).collect(),
        signals: whole.chromatograms.iter().map(|one| signal(&l, one)).collect(),
        base: format!("/bench/transmissions/{id}?"),
        one: whole.transmission,
        lines,
        page,
        last,
        l,
        staff,
    })
}

fn rows(bytes: &[u8], stretches: &[Stretch], found: &[Shown], marked: Option<&Shown>, page: usize) -> Vec<Row> {
    let start = (page - 1) * PAGE;
    let kind = |at: usize| {
        let of = stretches.iter().find(|one| one.offset <= at && at < one.offset + one.len);
        of.map_or("noise", |one| class(&one.kind))
    };
    let shown = bytes.get(start..).unwrap_or_default();
    let shown = shown.get(..shown.len().min(PAGE)).unwrap_or_default();
    shown
        .chunks(ROW)
        .enumerate()
        .map(|(n, chunk)| {
            let offset = start + n * ROW;
            let byte = |(at, byte): (usize, &u8)| Byte {
                hex: format!("{byte:02X}"),
                text: if byte.is_ascii_graphic() { char::from(*byte).to_string() } else { "·".to_owned() },
                class: kind(offset + at),
                marked: marked.is_some_and(|one| (one.wire.0..one.wire.1).contains(&(offset + at))),
            };
            let here = |one: &&Shown| (offset..offset + ROW).contains(&one.wire.0);
            Row {
                offset: format!("{offset:06X}"),
                bytes: chunk.iter().enumerate().map(byte).collect(),
                anchors: found.iter().filter(here).map(|one| one.id).collect(),
            }
        })
        .collect()
}

fn piece(l: &Locale, one: &Stretch) -> Piece {
    Piece {
        offset: one.offset,
        len: one.len,
        class: class(&one.kind),
        kind: l.name("chunk", &one.kind),
        fault: one.fault.clone().unwrap_or_default(),
        answer: one.answer.to_uppercase(),
    }
}

fn signal(l: &Locale, one: &Kept) -> Signal {
    let name = chromatogram::name(l, one.sample_text.as_deref(), one.file.as_deref(), one.channel.as_deref());
    let axes = Axes { time: &l.t("axis-minutes"), signal: one.signal_unit.as_deref().unwrap_or("") };
    let caption = Caption { title: &name, description: one.detector.as_deref().unwrap_or("") };
    let picture = Picture(draw(&chromatogram::drawn(one), axes, caption));
    Signal { address: format!("/bench/chromatograms/{}", one.id), name, picture }
}

#[derive(Responder)]
struct Raw {
    bytes: Vec<u8>,
    kind: ContentType,
    attachment: Header<'static>,
}

#[get("/bench/transmissions/<id>/raw")]
async fn raw(id: i64, _staff: Staff, shared: &State<Shared>) -> Result<Raw, Error> {
    let whole = shared.store.reading(move |conn| transmissions::find(conn, id)).await?.ok_or(Error::NotFound)?;
    let name = format!("attachment; filename=\"{}-{id}.bin\"", whole.transmission.instrument);
    Ok(Raw { bytes: whole.bytes, kind: ContentType::Binary, attachment: Header::new("Content-Disposition", name) })
}

pub fn group() -> Vec<Route> {
    routes![show, raw]
}
