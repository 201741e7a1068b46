//! A posted form, read and checked before a handler sees it: its size, its encoding, and the token that proves it ours.

use std::ops::{Deref, DerefMut};

use rocket::data::{self, Data, FromData, ToByteUnit as _};
use rocket::http::{RawStr, Status};
use rocket::request::Request;

use super::error::refuse_because;
use super::form::Form;
use super::session::Visitor;
use super::{multipart, secret};

/// Larger than any form of ours: a limit table pasted into a field is the longest.
const LIMIT_KIB: u64 = 1024;

/// A limit on fields, so that a hostile body cannot make a million of them.
const MOST_FIELDS: usize = 5_000;

/// The fields of a form whose token was right.
#[derive(Debug, Clone)]
pub struct Posted(Form);

impl Posted {
    pub fn into_form(self) -> Form {
        self.0
    }
}

impl Deref for Posted {
    type Target = Form;

    fn deref(&self) -> &Form {
        &self.0
    }
}

impl DerefMut for Posted {
    fn deref_mut(&mut self) -> &mut Form {
        &mut self.0
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Posted {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        match read(request, data).await {
            Ok(form) => data::Outcome::Success(Self(form)),
            Err(status) => data::Outcome::Error((status, ())),
        }
    }
}

async fn read(request: &Request<'_>, data: Data<'_>) -> Result<Form, Status> {
    let visitor = Visitor::of(request).await?;
    // A body of another kind has no token in it either: it is refused for that first.
    let is_form = request.content_type().is_some_and(|kind| kind.is_form());
    // A form with files, for those who are signed in.
    let boundary = request
        .content_type()
        .filter(|kind| kind.is_form_data() && visitor.session.is_some())
        .and_then(|kind| kind.param("boundary").map(str::to_owned));
    let (values, files) = match &boundary {
        Some(boundary) => fields_and_files(data, boundary).await?,
        None if is_form => (fields(&body(data).await?)?, Vec::new()),
        None => (Vec::new(), Vec::new()),
    };
    let given = values.iter().find(|(name, _)| name == "csrf").map_or("", |(_, value)| value.as_str());
    if visitor.csrf.is_empty() || !secret::same(given, &visitor.csrf) {
        tracing::warn!(path = %request.uri().path(), "form without the right token refused");
        return Err(refuse_because(request, Status::Forbidden, "error-csrf"));
    }
    if !is_form && boundary.is_none() {
        return Err(Status::UnsupportedMediaType);
    }
    Ok(Form::posted(visitor.csrf.clone(), values).with_files(files))
}

async fn body(data: Data<'_>) -> Result<String, Status> {
    let text = data.open(LIMIT_KIB.kibibytes()).into_string().await.map_err(|_| Status::BadRequest)?;
    if text.is_complete() { Ok(text.into_inner()) } else { Err(Status::PayloadTooLarge) }
}

/// Larger than a day's export of a chromatograph.
const LIMIT_FILES_MIB: u64 = 16;

type Named<T> = Vec<(String, T)>;

async fn fields_and_files(data: Data<'_>, boundary: &str) -> Result<(Named<String>, Named<Vec<u8>>), Status> {
    let bytes = data.open(LIMIT_FILES_MIB.mebibytes()).into_bytes().await.map_err(|_| Status::BadRequest)?;
    if !bytes.is_complete() {
        return Err(Status::PayloadTooLarge);
    }
    let parts = multipart::parts(&bytes, boundary).ok_or(Status::BadRequest)?;
    if parts.len() > MOST_FIELDS {
        return Err(Status::PayloadTooLarge);
    }
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    for part in parts {
        if part.is_file {
            files.push((part.name, part.bytes.to_vec()));
        } else {
            let text = std::str::from_utf8(part.bytes).map_err(|_| Status::BadRequest)?;
            if text.contains('\0') {
                return Err(Status::BadRequest);
            }
            fields.push((part.name, text.replace("\r\n", "\n")));
        }
    }
    Ok((fields, files))
}

/// `application/x-www-form-urlencoded` (WHATWG URL, 5.1); bytes that are not UTF-8 are refused, not guessed.
fn fields(text: &str) -> Result<Vec<(String, String)>, Status> {
    let pieces: Vec<&str> = text.split('&').filter(|piece| !piece.is_empty()).take(MOST_FIELDS + 1).collect();
    if pieces.len() > MOST_FIELDS {
        return Err(Status::PayloadTooLarge);
    }
    let decode = |piece: &str| -> Result<String, Status> {
        let text = RawStr::new(piece).url_decode().map_err(|_| Status::BadRequest)?;
        if text.contains('\0') { Err(Status::BadRequest) } else { Ok(text.replace("\r\n", "\n")) }
    };
    let split = pieces.into_iter().map(|piece| piece.split_once('=').unwrap_or((piece, "")));
    split.map(|(name, value)| Ok((decode(name)?, decode(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_a_browser_writes_them() {
        let read = fields("name=%E8%8F%A0%E8%8F%9C+A&unit=mg%2Fkg&empty=&flag&a=1&a=2").unwrap();
        let expected = [("name", "菠菜 A"), ("unit", "mg/kg"), ("empty", ""), ("flag", ""), ("a", "1"), ("a", "2")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_body_that_is_no_text_is_refused() {
        for (body, status) in [("a=%FF%FE", Status::BadRequest), ("a=%00", Status::BadRequest)] {
            assert_eq!(fields(body), Err(status), "{body}");
        }
        assert_eq!(fields(&"a&".repeat(MOST_FIELDS + 1)), Err(Status::PayloadTooLarge));
    }
}
