//! What every answer carries and every unsafe request must prove: security headers and the origin check
//! (OWASP ASVS 5.0 V3.4, V3.5; Fetch Metadata, W3C).

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::uri::Absolute;
use rocket::http::{Header, Method};
use rocket::{Data, Request, Response, uri};

const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; manifest-src 'self'; font-src 'self'; \
    style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

/// Sets the headers; turns an unsafe request from another site into a refusal before any handler sees it.
pub struct Headers {
    /// Pages of the laboratory are kept nowhere; the public ones may be.
    pub private: bool,
    /// Behind TLS: tell browsers to stay there.
    pub secure: bool,
}

#[rocket::async_trait]
impl Fairing for Headers {
    fn info(&self) -> Info {
        Info { name: "security headers and origin check", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        let safe = matches!(request.method(), Method::Get | Method::Head | Method::Options | Method::Trace);
        if !safe && foreign(request) {
            tracing::warn!(path = %request.uri().path(), "unsafe request from another site refused");
            // The page there answers 403.
            request.set_method(Method::Get);
            request.set_uri(uri!("/refused"));
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        response.set_header(Header::new("Content-Security-Policy", POLICY));
        response.set_header(Header::new("X-Content-Type-Options", "nosniff"));
        response.set_header(Header::new("X-Frame-Options", "DENY"));
        // `no-referrer` would make browsers send `Origin: null` with our own forms.
        response.set_header(Header::new("Referrer-Policy", "same-origin"));
        response.set_header(Header::new("Cross-Origin-Opener-Policy", "same-origin"));
        response.set_header(Header::new("Cross-Origin-Resource-Policy", "same-origin"));
        response.set_header(Header::new("Permissions-Policy", "camera=(self), microphone=(), geolocation=()"));
        if self.private && response.headers().get_one("Cache-Control").is_none() {
            response.set_header(Header::new("Cache-Control", "no-store"));
        }
        if !request.uri().path().starts_with("/static") {
            response.adjoin_header(Header::new("Vary", "Accept-Language, Cookie"));
        }
        if self.secure {
            response.set_header(Header::new("Strict-Transport-Security", "max-age=31536000; includeSubDomains"));
        }
    }
}

/// Browsers say where a request comes from: `Sec-Fetch-Site` on trustworthy origins, `Origin` on every POST.
/// A request with neither is no browser's, so nobody's cookies ride on it; it still needs the form's token.
fn foreign(request: &Request<'_>) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get_one("Sec-Fetch-Site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = headers.get_one("Origin") else { return false };
    let authority = Absolute::parse(origin).ok().and_then(|uri| uri.authority().map(ToString::to_string));
    authority.is_none() || authority.as_deref() != headers.get_one("Host")
}
