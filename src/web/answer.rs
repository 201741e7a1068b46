//! The two answers to a posted form: it was done, look there; or here it is again, with what was wrong.

use rocket::Request;
use rocket::http::{Header, Status};
use rocket::response::{self, Responder, Response};

use super::Shared;
use super::locale::Message;
use super::notice::{self, Notice};

/// A page shown again answers 422, so that a script can tell the two apart too.
pub enum Answer<P> {
    Done(Done),
    Shown(Box<P>),
    Again(Box<P>),
}

/// Done: the address that shows it, and what to say there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    to: String,
    notice: Option<Notice>,
}

impl Done {
    /// Leads to an address of ours.
    pub fn to(address: impl Into<String>) -> Self {
        Self { to: local(&address.into()).to_owned(), notice: None }
    }

    /// Says on the next page what was changed.
    pub fn saying(mut self, message: impl Into<Message>) -> Self {
        self.notice = Some(Notice { message: message.into(), undo: None });
        self
    }

    /// Offers to undo it: the address takes a POST with the form token only.
    pub fn undo(mut self, address: impl Into<String>) -> Self {
        if let Some(notice) = &mut self.notice {
            notice.undo = Some(local(&address.into()).to_owned());
        }
        self
    }
}

impl<P> Answer<P> {
    /// A page asked for, where the answer might have been to look elsewhere.
    pub fn shown(page: P) -> Self {
        Self::Shown(Box::new(page))
    }

    pub fn again(page: P) -> Self {
        Self::Again(Box::new(page))
    }
}

impl<P> From<Done> for Answer<P> {
    fn from(done: Done) -> Self {
        Self::Done(done)
    }
}

impl<'r> Responder<'r, 'static> for Done {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        if let (Some(notice), Some(shared)) = (&self.notice, request.rocket().state::<Shared>()) {
            notice::leave(request.cookies(), shared.cookies(), notice);
        }
        Response::build().status(Status::SeeOther).header(Header::new("Location", self.to)).ok()
    }
}

impl<'r, P: Responder<'r, 'static>> Responder<'r, 'static> for Answer<P> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Done(done) => done.respond_to(request),
            Self::Shown(page) => page.respond_to(request),
            Self::Again(page) => {
                Response::build_from(page.respond_to(request)?).status(Status::UnprocessableEntity).ok()
            }
        }
    }
}

/// An address on this site, or the front page: a link must never lead a signed-in person elsewhere.
pub fn local(address: &str) -> &str {
    let mut bytes = address.bytes();
    let rooted = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    let clean = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if rooted && clean { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_never_leaves_this_site() {
        for (given, led) in [
            ("/review/12?tab=history", "/review/12?tab=history"),
            ("", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example/", "/"),
            ("https://evil.example/", "/"),
            ("javascript:alert(1)", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
            ("/\t/evil.example", "/"),
        ] {
            assert_eq!(local(given), led, "{given:?}");
        }
    }
}
