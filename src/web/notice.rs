//! What the last act changed, carried over one redirect in a cookie and said once on the next page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rocket::Request;
use rocket::http::CookieJar;
use serde::{Deserialize, Serialize};

use super::Shared;
use super::locale::Message;
use super::session::Cookies;

const COOKIE: &str = "notice";

/// The sentence, and where undoing it can be asked for (an address that takes a POST).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub message: Message,
    pub undo: Option<String>,
}

pub fn leave(jar: &CookieJar<'_>, cookies: Cookies, notice: &Notice) {
    if let Ok(text) = serde_json::to_vec(notice) {
        jar.add(cookies.make(COOKIE, URL_SAFE_NO_PAD.encode(text)));
    }
}

/// Reads the notice and forgets it; only pages say notices, so a live fragment must not eat one.
pub fn take(request: &Request<'_>) -> Option<Notice> {
    let asks_for_page = request.accept().is_none_or(|accept| accept.iter().any(|kind| kind.media_type().is_html()));
    let cookie = request.cookies().get(COOKIE).filter(|_| asks_for_page)?;
    let notice = URL_SAFE_NO_PAD.decode(cookie.value()).ok().and_then(|text| serde_json::from_slice(&text).ok());
    if let Some(shared) = request.rocket().state::<Shared>() {
        shared.cookies().forget(request.cookies(), COOKIE);
    }
    notice
}
