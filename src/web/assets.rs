//! Style sheet, script and pictures: compiled in, served under their content's hash so that a browser keeps them.

use std::fmt::Write as _;
use std::sync::LazyLock;

use rocket::http::{ContentType, Header};
use rocket::response::Responder;
use rocket::{Route, get, routes};
use sha2::{Digest, Sha256};

use super::error::Error;

struct Asset {
    name: &'static str,
    bytes: &'static [u8],
    hash: String,
}

macro_rules! assets {
    ($($name:literal),+ $(,)?) => {
        vec![$(Asset::new($name, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/static/", $name)))),+]
    };
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| assets!["qingke.css", "qingke.js", "logo.svg"]);

impl Asset {
    fn new(name: &'static str, bytes: &'static [u8]) -> Self {
        let mut hash = String::new();
        for byte in Sha256::digest(bytes).iter().take(8) {
            let _ = write!(hash, "{byte:02x}");
        }
        Self { name, bytes, hash }
    }
}

/// The address of an asset, with its hash; of an unknown one, an address that answers 404.
pub fn url(name: &str) -> String {
    let hash = ASSETS.iter().find(|asset| asset.name == name).map_or("none", |asset| asset.hash.as_str());
    format!("/static/{hash}/{name}")
}

#[derive(Responder)]
struct Served {
    bytes: &'static [u8],
    kind: ContentType,
    kept: Header<'static>,
}

/// An old hash still gets the present content, but a browser must not keep it under that name.
#[get("/static/<hash>/<name>")]
fn asset(hash: &str, name: &str) -> Result<Served, Error> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Error::NotFound)?;
    let extension = name.rsplit('.').next().unwrap_or_default();
    let kept = if asset.hash == hash { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(Served {
        bytes: asset.bytes,
        kind: ContentType::from_extension(extension).unwrap_or(ContentType::Binary),
        kept: Header::new("Cache-Control", kept),
    })
}

#[get("/favicon.ico")]
fn favicon() -> Result<Served, Error> {
    asset("", "logo.svg")
}

pub fn group() -> Vec<Route> {
    routes![asset, favicon]
}
