//! What a visitor asks for in the address: every value checked, a wrong one said with what was expected.

use std::convert::Infallible;
use std::str::FromStr;

use jiff::civil::Date;
use rocket::Request;
use rocket::http::RawStr;
use rocket::request::{FromRequest, Outcome};

use crate::lab::catalogue::PlaceKind;
use crate::lab::regulation::verdict::Verdict;
use crate::store::published::Filter;
use crate::web::error::Error;
use crate::web::locale::Message;

/// Longer than any name one searches for.
const LONGEST: usize = 100;
/// No list of ours is longer; a larger number is a mistake or a probe.
const LAST_PAGE: i64 = 100_000;

/// The query of an address, and whether the visitor is a program.
#[derive(Debug, Clone)]
pub struct Asked {
    values: Vec<(String, String)>,
    /// The first of the formats named in `Accept` that we have.
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Page,
    Json,
    Csv,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Asked {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let query = request.uri().query().map(|query| query.raw_segments()).into_iter().flatten();
        let decoded = |raw: &RawStr| raw.url_decode_lossy().trim().to_owned();
        let values = query
            .map(|raw| {
                let (name, value) = raw.split_at_byte(b'=');
                (decoded(name), decoded(value))
            })
            .collect();
        let formats = request.accept().map(|accept| accept.iter().map(|kind| kind.media_type().clone()));
        let known = formats.into_iter().flatten().find_map(|kind| match (kind.is_json(), kind.is_csv()) {
            _ if kind.is_html() || kind.is_any() => Some(Format::Page),
            (true, _) => Some(Format::Json),
            (_, true) => Some(Format::Csv),
            _ => None,
        });
        Outcome::Success(Self { values, format: known.unwrap_or(Format::Page) })
    }
}

impl Asked {
    pub fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn text(&self, name: &str) -> Result<String, Error> {
        let text = self.value(name);
        if text.chars().count() > LONGEST {
            return Err(Error::Bad(Message::new("public-bad-long").with("most", LONGEST)));
        }
        Ok(text.to_owned())
    }

    fn one<T: FromStr>(&self, name: &str, key: &str) -> Result<Option<T>, Error> {
        match self.value(name) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Error::Bad(Message::new(key).with("found", text))),
        }
    }

    pub fn filter(&self) -> Result<Filter, Error> {
        let filter = Filter {
            q: self.text("q")?,
            commodity: self.text("commodity")?,
            producer: self.text("producer")?,
            area: self.text("area")?,
            place_type: self.one::<PlaceKind>("place_type", "public-bad-place-type")?,
            verdict: self.one::<Verdict>("verdict", "public-bad-verdict")?,
            from: self.one::<Date>("from", "error-field-date")?,
            to: self.one::<Date>("to", "error-field-date")?,
        };
        match (filter.from, filter.to) {
            (Some(from), Some(to)) if from > to => {
                Err(Error::Bad(Message::new("public-bad-days").with("from", from).with("to", to)))
            }
            _ => Ok(filter),
        }
    }

    /// From 1.
    pub fn page(&self) -> Result<i64, Error> {
        let page = self.one::<i64>("page", "public-bad-page")?.unwrap_or(1);
        if (1..=LAST_PAGE).contains(&page) {
            Ok(page)
        } else {
            Err(Error::Bad(Message::new("public-bad-page").with("found", page)))
        }
    }

    pub fn version(&self) -> Result<Option<i64>, Error> {
        self.one("version", "public-bad-version")
    }

    /// The query without its page, to be followed by `page=`: empty or ending in `&`.
    pub fn without_page(&self) -> String {
        let encode = |text: &str| RawStr::new(text).percent_encode().to_string();
        let kept = self.values.iter().filter(|(name, value)| name != "page" && !value.is_empty());
        kept.map(|(name, value)| format!("{}={}&", encode(name), encode(value))).collect()
    }
}
