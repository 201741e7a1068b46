//! One error, one page: whatever goes wrong, the reader learns what happened and what to do, in their language.

use std::sync::Mutex;

use askama::Template;
use rocket::http::{Header, Status};
use rocket::response::{self, Responder, Response};
use rocket::{Catcher, Request, catch, catchers};

use super::locale::{Locale, Message};
use crate::store::StoreError;

/// What a handler can answer instead of its page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not found")]
    NotFound,
    /// The person's role opens the page but not this object or act.
    #[error("forbidden")]
    Forbidden,
    /// An unsafe request that another site made a browser send.
    #[error("sent by another site")]
    ForeignSite,
    /// Somebody else changed the object since the page was shown; the address shows it as it is now (empty: the page
    /// the request came from).
    #[error("stale, see {0}")]
    Stale(String),
    /// A rule of the laboratory says no; the sentence says which.
    #[error("refused: {}", .0.key)]
    Refused(Message),
    /// Too many attempts; seconds to wait.
    #[error("too many attempts, wait {0} s")]
    Wait(u64),
    /// The address or its query does not read; the sentence says what was expected.
    #[error("bad request: {}", .0.key)]
    Bad(Message),
    /// The machine is at its limit for now.
    #[error("busy: {0}")]
    Busy(&'static str),
    /// The store or another part of the machine failed: never shown as "not found".
    #[error("failed: {0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale { .. } => Self::Stale(String::new()),
            StoreError::Conflict { .. } | StoreError::Taken { .. } => Self::refused("error-taken"),
            StoreError::Unknown { .. } => Self::refused("error-unknown-line"),
            StoreError::LastAdministrator => Self::refused("error-last-administrator"),
            other => Self::failed(other),
        }
    }
}

impl Error {
    pub fn refused(message: impl Into<Message>) -> Self {
        Self::Refused(message.into())
    }

    /// A failure of the machine.
    pub fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }

    pub fn status(&self) -> Status {
        match self {
            Self::NotFound => Status::NotFound,
            Self::Forbidden | Self::ForeignSite => Status::Forbidden,
            Self::Stale(_) | Self::Refused(_) => Status::Conflict,
            Self::Wait(_) => Status::TooManyRequests,
            Self::Bad(_) => Status::BadRequest,
            Self::Busy(_) => Status::ServiceUnavailable,
            Self::Failed(_) => Status::InternalServerError,
        }
    }

    /// Logs what nobody but us can put right, once, and gives the status.
    pub fn logged(&self, request: &Request<'_>) -> Status {
        match self {
            Self::Failed(error) => tracing::error!(path = %request.uri().path(), %error, "request failed"),
            Self::Busy(what) => tracing::warn!(path = %request.uri().path(), what, "busy"),
            _ => (),
        }
        self.status()
    }
}

impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let status = self.logged(request);
        let mut page = ErrorPage::of(status, request);
        match self {
            Self::Stale(address) => {
                page.what = page.l.t("error-stale");
                let address = if address.is_empty() { came_from(request) } else { address };
                page.next = super::answer::local(&address).to_owned();
                page.next_name = page.l.t("error-stale-next");
            }
            Self::ForeignSite => page.what = page.l.t("error-foreign"),
            Self::Refused(message) | Self::Bad(message) => page.what = page.l.say(&message),
            Self::Wait(seconds) => {
                page.what = page.l.t1("error-wait", "seconds", seconds);
                page.wait = Some(seconds);
            }
            _ => (),
        }
        page.respond_to(request)
    }
}

/// The page of ours that the request was sent from, without the site's name.
fn came_from(request: &Request<'_>) -> String {
    let referer = request.headers().get_one("Referer").unwrap_or_default();
    referer
        .split_once("://")
        .and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)))
        .unwrap_or("/")
        .to_owned()
}

/// Why a guard refused, kept for the page: a guard can only answer with a status.
#[derive(Default)]
struct Because(Mutex<Option<&'static str>>);

/// Leaves a sentence for the error page and gives the status back.
pub fn refuse_because(request: &Request<'_>, status: Status, key: &'static str) -> Status {
    if let Ok(mut because) = request.local_cache(Because::default).0.lock() {
        *because = Some(key);
    }
    status
}

#[derive(Template)]
#[template(path = "errors/show.html")]
struct ErrorPage {
    l: Locale,
    status: Status,
    title: String,
    what: String,
    advice: String,
    next: String,
    next_name: String,
    wait: Option<u64>,
}

/// Statuses with sentences of their own; any other is told by its class.
const TOLD: [u16; 12] = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503];

impl ErrorPage {
    fn of(status: Status, request: &Request<'_>) -> Self {
        let l = Locale::of(request);
        let code = match status.code {
            code if TOLD.contains(&code) => code,
            500.. => 500,
            _ => 400,
        };
        let because = request.local_cache(Because::default).0.lock().ok().and_then(|because| *because);
        let what = because.map_or_else(|| l.t(&format!("error-{code}-what")), |key| l.t(key));
        Self {
            title: l.t(&format!("error-{code}-title")),
            what,
            advice: l.t(&format!("error-{code}-do")),
            next: "/".to_owned(),
            next_name: l.t("error-next"),
            status,
            wait: None,
            l,
        }
    }

    fn text(&self) -> String {
        format!("{} {}\n{}\n{}\n", self.status.code, self.title, self.what, self.advice)
    }
}

impl<'r> Responder<'r, 'static> for ErrorPage {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let wants_page =
            request.accept().is_none_or(|accept| accept.iter().any(|kind| kind.is_html() || kind.is_any()));
        let (body, kind) = if wants_page {
            (self.render().unwrap_or_else(|_| self.text()), "text/html; charset=utf-8")
        } else {
            (self.text(), "text/plain; charset=utf-8")
        };
        let mut response = Response::build();
        response.status(self.status).header(Header::new("Content-Type", kind));
        if let Some(seconds) = self.wait {
            response.header(Header::new("Retry-After", seconds.to_string()));
        }
        response.sized_body(body.len(), std::io::Cursor::new(body)).ok()
    }
}

#[catch(default)]
fn any(status: Status, request: &Request<'_>) -> ErrorPage {
    ErrorPage::of(status, request)
}

/// Not signed in: to the sign-in form, and back to this page afterwards.
#[catch(401)]
fn sign_in(request: &Request<'_>) -> Result<super::answer::Done, Box<ErrorPage>> {
    // A program has no use for a form.
    let is_program = request.uri().path().starts_with("/api/");
    let is_page =
        !is_program && request.accept().is_none_or(|accept| accept.iter().any(|kind| kind.is_html() || kind.is_any()));
    if !is_page {
        return Err(Box::new(ErrorPage::of(Status::Unauthorized, request)));
    }
    let back = request.uri().to_string();
    let back = if request.method() == rocket::http::Method::Get && back != "/" { back } else { String::new() };
    let query = if back.is_empty() {
        String::new()
    } else {
        format!("?to={}", rocket::http::RawStr::new(&back).percent_encode())
    };
    Ok(super::answer::Done::to(format!("/login{query}")))
}

pub fn catchers() -> Vec<Catcher> {
    catchers![any, sign_in]
}
