//! Answers that a browser and a cache in between may keep for a minute: a correction must be seen soon.

use rocket::Request;
use rocket::http::{Header, Status};
use rocket::response::{self, Responder, Response};

const KEPT: &str = "public, max-age=60";

/// A page, or the same as data for programs.
pub enum Reply<P> {
    Page(Box<P>),
    Data(Data),
}

/// Text in a format of data.
pub struct Data {
    pub kind: &'static str,
    pub text: String,
    /// The name under which a browser keeps it; `None`: shown.
    pub file: Option<&'static str>,
}

pub const JSON: &str = "application/json; charset=utf-8";
pub const CSV: &str = "text/csv; charset=utf-8";
pub const JSON_LINES: &str = "application/jsonl; charset=utf-8";

impl<P> Reply<P> {
    pub fn page(page: P) -> Self {
        Self::Page(Box::new(page))
    }

    pub fn json(text: String) -> Self {
        Self::Data(Data { kind: JSON, text, file: None })
    }
}

impl<'r> Responder<'r, 'static> for Data {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response.header(Header::new("Content-Type", self.kind)).header(Header::new("Cache-Control", KEPT));
        // What is published may be read by pages of other sites.
        response.header(Header::new("Access-Control-Allow-Origin", "*"));
        if let Some(file) = self.file {
            response.header(Header::new("Content-Disposition", format!("attachment; filename=\"{file}\"")));
        }
        response.sized_body(self.text.len(), std::io::Cursor::new(self.text)).ok()
    }
}

impl<'r, P: Responder<'r, 'static>> Responder<'r, 'static> for Reply<P> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Data(data) => data.respond_to(request),
            Self::Page(page) => {
                let mut response = page.respond_to(request)?;
                if response.status() == Status::Ok {
                    response.set_header(Header::new("Cache-Control", KEPT));
                }
                Ok(response)
            }
        }
    }
}
