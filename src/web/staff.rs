//! The guard of every laboratory page: a signed-in person whose role may do what the access table asks of this address.

use rocket::Request;
use rocket::http::{Method, Status};
use rocket::request::{FromRequest, Outcome};

use super::access::{self, Door};
use super::locale::Message;
use super::notice;
use super::session::Visitor;
use crate::lab::people::Actor;

/// The proof that this person may be here, and what the frame of a page needs.
#[derive(Debug, Clone)]
pub struct Staff {
    pub actor: Actor,
    /// For the hidden field of every form.
    pub csrf: String,
    /// The address of this page, without its query.
    pub path: String,
    /// What the last act changed, to be said once.
    pub notice: Option<notice::Notice>,
}

/// One entry of the navigation: address, and key of its name.
const PLACES: &[(&str, &str)] = &[
    ("/", "nav-today"),
    ("/bench/samples", "nav-samples"),
    ("/bench", "nav-bench"),
    ("/bench/lines", "nav-instruments"),
    ("/review", "nav-review"),
    ("/qc", "nav-qc"),
    ("/review/publications", "nav-publications"),
    ("/admin", "nav-admin"),
];

/// A place in the navigation as this person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub address: &'static str,
    pub key: &'static str,
    pub here: bool,
}

impl Staff {
    /// The places whose door admits this person; what does not exist has no row and no entry.
    pub fn places(&self) -> Vec<Place> {
        let admitted = PLACES.iter().filter(|(address, _)| self.may_open(address));
        // `/bench/samples` lies below `/bench`: one is at the place whose address says most.
        // Plans are reached from the samples and belong to them.
        let here = match self.path.strip_prefix("/bench/plans") {
            Some(_) => Some("/bench/samples"),
            None => {
                PLACES.iter().map(|(address, _)| *address).filter(|address| self.is_at(address)).max_by_key(|a| a.len())
            }
        };
        admitted.map(|(address, key)| Place { address, key, here: here == Some(*address) }).collect()
    }

    /// Whether a page at this address (as its route writes it) would let this person in.
    pub fn may_open(&self, address: &str) -> bool {
        access::door(Method::Get, address).is_some_and(|door| door.admits(&self.actor))
    }

    fn is_at(&self, address: &str) -> bool {
        let inside = || self.path.strip_prefix(address).is_some_and(|rest| rest.starts_with('/'));
        self.path == address || (address != "/" && inside())
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Staff {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let session = match Visitor::of(request).await {
            Ok(visitor) => visitor.session.as_ref(),
            Err(status) => return Outcome::Error((status, ())),
        };
        let Some(session) = session else { return Outcome::Error((Status::Unauthorized, ())) };
        let door = request.route().and_then(access::door_of);
        if !door.is_some_and(|door: Door| door.admits(&session.actor)) {
            tracing::warn!(person = session.actor.id.0, path = %request.uri().path(), "refused: no role for this");
            return Outcome::Error((Status::Forbidden, ()));
        }
        Outcome::Success(Self {
            actor: session.actor.clone(),
            csrf: session.csrf.clone(),
            path: request.uri().path().to_string(),
            notice: notice::take(request),
        })
    }
}

impl Staff {
    /// Who acts, for the record.
    pub fn who(&self) -> crate::lab::people::Who {
        crate::lab::people::Who::Person(self.actor.clone())
    }

    /// The notice's sentence, if there is one to say.
    pub fn said(&self) -> Option<&Message> {
        self.notice.as_ref().map(|notice| &notice.message)
    }
}
