//! The sequence table of a batch: the order of injections to look at, and the file its data system imports.

use askama::Template;
use askama_web::WebTemplate;
use drivers::format::sequence::{self as table, Injection, Unwritable};
use rocket::http::{ContentType, CookieJar, Header, RawStr};
use rocket::response::Responder;
use rocket::{FromForm, Route, State, get, routes};

use crate::lab::analysis::sequence::{self, Refusal, System, Wishes};
use crate::lab::zone;
use crate::store::sequence::ToInject;
use crate::web::Shared;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::locale::{Locale, Message};
use crate::web::session::Cookies;
use crate::web::staff::Staff;

/// What was chosen last, so that the next batch begins with it.
const COOKIE: &str = "sequence";

/// The choices in the order in which the cookie keeps them.
const CHOICES: [&str; 8] = ["system", "method", "volume", "first", "levels", "every", "times", "blank"];

/// The choices as they were typed.
#[derive(Debug, Default, FromForm)]
struct Asked {
    /// The form was sent: an unticked box is an answer.
    go: Option<String>,
    system: Option<String>,
    method: Option<String>,
    volume: Option<String>,
    first: Option<String>,
    levels: Option<String>,
    every: Option<String>,
    times: Option<String>,
    blank: Option<String>,
}

impl Asked {
    fn values(self) -> [Option<String>; 8] {
        [self.system, self.method, self.volume, self.first, self.levels, self.every, self.times, self.blank]
    }
}

/// The form: what was asked, else what was chosen last, else what the set-up and common practice say.
fn filled(asked: Asked, before: Option<&str>, system: Option<System>) -> Form {
    let usual = Wishes::default();
    let mut form = Form::new("");
    if asked.go.is_some() {
        for (name, value) in CHOICES.into_iter().zip(asked.values()) {
            form.set(name, value.unwrap_or_default());
        }
        return form;
    }
    let first = [
        system.map(|system| system.to_string()).unwrap_or_default(),
        usual.method,
        usual.volume,
        usual.first_vial.to_string(),
        usual.calibrators.to_string(),
        usual.control_every.to_string(),
        usual.injections.to_string(),
        "on".to_owned(),
    ];
    let kept: Vec<String> = before
        .unwrap_or_default()
        .split('|')
        .map(|part| RawStr::new(part).percent_decode_lossy().into_owned())
        .collect();
    let is_whole = kept.len() == CHOICES.len();
    for (index, (name, usual)) in CHOICES.into_iter().zip(first).enumerate() {
        let kept = kept.get(index).filter(|_| is_whole).cloned();
        // What the set-up says about this instrument is worth more than what was chosen for another.
        let value = if name == "system" && system.is_some() { usual } else { kept.unwrap_or(usual) };
        form.set(name, value);
    }
    form
}

fn remembered(form: &Form) -> String {
    let kept = CHOICES.map(|name| RawStr::new(form.value(name)).percent_encode().to_string());
    kept.join("|")
}

/// Reads the choices; what is wrong with one is said beside it.
fn wishes(form: &mut Form) -> (Option<System>, Wishes) {
    let system = form.parsed("system", "sequence-no-system");
    let number = |form: &mut Form, name| form.parsed::<u32>(name, "error-field-whole");
    let usual = Wishes::default();
    let wishes = Wishes {
        first_vial: number(form, "first").unwrap_or(usual.first_vial),
        calibrators: number(form, "levels").unwrap_or(usual.calibrators),
        control_every: number(form, "every").unwrap_or(usual.control_every),
        injections: number(form, "times").unwrap_or(usual.injections),
        blank: form.is("blank", "on"),
        method: form.get("method").unwrap_or_default().to_owned(),
        volume: form.get("volume").unwrap_or_default().to_owned(),
    };
    (system, wishes)
}

/// The table as a file, or what is wrong beside the field that it comes from.
fn written(form: &mut Form, system: Option<System>, injections: &[Injection]) -> Option<Vec<u8>> {
    let writer = system?.writer();
    let fault = match table::write(writer, writer.characters(), injections) {
        Ok(bytes) => return Some(bytes),
        Err(fault) => fault,
    };
    match fault {
        Unwritable::Number { found, .. } => {
            form.refuse("volume", Message::new("error-field-number").with("found", found));
        }
        Unwritable::Text { found, .. }
        | Unwritable::Character { found, .. }
        | Unwritable::FileName { found, .. }
        | Unwritable::Overwrites { found, .. } => {
            form.refuse("method", Message::new("sequence-unwritable").with("found", found));
        }
    }
    None
}

/// What a person asked for and what comes of it.
struct Made {
    form: Form,
    batch: ToInject,
    injections: Vec<Injection>,
    /// Why there is no order of injections.
    refused: Option<Refusal>,
    file: Option<Vec<u8>>,
    system: Option<System>,
}

async fn made(id: i64, asked: Asked, jar: &CookieJar<'_>, shared: &Shared) -> Result<Made, Error> {
    let today = zone::day(shared.clock.now()).to_string();
    let found = shared.store.to_inject(id, today).await?;
    let batch = found.ok_or(Error::NotFound)?;
    let was_asked = asked.go.is_some();
    let mut form = filled(asked, jar.get(COOKIE).map(|cookie| cookie.value()), batch.system);
    let (system, wishes) = if was_asked {
        wishes(&mut form)
    } else {
        // Nobody has typed anything yet: nothing of theirs is wrong.
        wishes(&mut form.clone())
    };
    let (injections, refused) = match sequence::plan(&batch.run, &wishes) {
        Ok(injections) => (injections, None),
        Err(refusal) => (Vec::new(), Some(refusal)),
    };
    let file = if form.is_ok() && refused.is_none() { written(&mut form, system, &injections) } else { None };
    Ok(Made { form, batch, injections, refused, file, system })
}

/// One injection as the page shows it.
struct Row {
    n: usize,
    role: String,
    one: Injection,
}

#[derive(Template, WebTemplate)]
#[template(path = "qc/sequence.html")]
struct SequencePage {
    l: Locale,
    staff: Staff,
    form: Form,
    id: i64,
    batch: String,
    instrument: String,
    systems: Vec<(String, String)>,
    rows: Vec<Row>,
    samples: usize,
    controls: usize,
    /// The batch has samples that wait, but more than a run takes.
    is_too_long: bool,
    /// Where the file is; `None`: something is still to be chosen or put right.
    download: Option<String>,
}

#[get("/qc/batches/<id>/sequence?<asked..>")]
async fn show(
    id: i64,
    asked: Asked,
    staff: Staff,
    jar: &CookieJar<'_>,
    shared: &State<Shared>,
    l: Locale,
) -> Result<SequencePage, Error> {
    let made = made(id, asked, jar, shared).await?;
    let choices: Vec<String> =
        CHOICES.iter().map(|name| format!("{name}={}", RawStr::new(made.form.value(name)).percent_encode())).collect();
    let row = |(index, one): (usize, Injection)| Row { n: index + 1, role: l.name("injected", word(&one)), one };
    Ok(SequencePage {
        download: made.file.is_some().then(|| format!("/qc/batches/{id}/sequence/table?go=1&{}", choices.join("&"))),
        is_too_long: made.refused == Some(Refusal::TooMany),
        samples: made.batch.run.samples.len(),
        controls: made.batch.run.controls.len(),
        rows: made.injections.into_iter().enumerate().map(row).collect(),
        systems: System::ALL.iter().map(|one| (one.to_string(), l.name("data-system", one))).collect(),
        instrument: made.batch.instrument.unwrap_or_default(),
        batch: made.batch.run.batch,
        form: made.form,
        id,
        l,
        staff,
    })
}

/// The word of the locale list `injected`.
fn word(one: &Injection) -> &'static str {
    use drivers::contract::Role;
    match one.role {
        Role::Blank => "blank",
        Role::Calibrator => "calibrator",
        Role::Control => "control",
        Role::Unknown | Role::Spike | Role::Duplicate => "sample",
    }
}

#[derive(Responder)]
struct File {
    bytes: Vec<u8>,
    kind: ContentType,
    attachment: Header<'static>,
}

/// The file; what was chosen for it is remembered in this browser.
#[get("/qc/batches/<id>/sequence/table?<asked..>")]
async fn download(
    id: i64,
    asked: Asked,
    _staff: Staff,
    jar: &CookieJar<'_>,
    cookies: &State<Cookies>,
    shared: &State<Shared>,
) -> Result<File, Error> {
    let made = made(id, asked, jar, shared).await?;
    let (Some(bytes), Some(system)) = (made.file, made.system) else {
        return Err(Error::refused("sequence-not-ready"));
    };
    jar.add(cookies.preference(COOKIE, remembered(&made.form)));
    let name = format!("attachment; filename=\"{}-{system}.csv\"", made.batch.run.batch);
    Ok(File { bytes, kind: ContentType::CSV, attachment: Header::new("Content-Disposition", name) })
}

pub fn group() -> Vec<Route> {
    routes![show, download]
}
