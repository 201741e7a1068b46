//! The configuration: one TOML file and the environment (`QINGKE_…`), checked before anything starts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::acquire::pruning::Ages;

/// Every key, with its default. A key that is not here is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the laboratory keeps its files: the database unless `database_url` says otherwise, the journal, the
    /// published store.
    pub data_dir: PathBuf,
    /// `sqlite://PATH` or `postgres://…`; empty: `laboratory.db` in `data_dir`.
    pub database_url: String,
    /// The published store, likewise; empty: `published.db` in `data_dir`.
    pub published_url: String,
    /// Where the laboratory's pages are served.
    pub listen: SocketAddr,
    /// Where the public portal is served.
    pub portal_listen: SocketAddr,
    /// The public portal's address as a visitor types it, for the QR code of a label; empty: `http://PORTAL_LISTEN`.
    pub portal_url: String,
    /// A reverse proxy speaks TLS in front of us: cookies are `Secure`, and `ip_header` may be set.
    pub behind_tls_proxy: bool,
    /// The header in which that proxy names the client's address, for example `X-Real-IP`; empty: none is believed.
    pub ip_header: String,
    /// Days for which the journal keeps transmissions that the database has; 0: for ever.
    pub journal_days: u16,
    /// Days for which the journal keeps polls that an instrument answered without data; 0: for ever.
    pub journal_poll_days: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("qingke-data"),
            database_url: String::new(),
            published_url: String::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            portal_listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            portal_url: String::new(),
            behind_tls_proxy: false,
            ip_header: String::new(),
            journal_days: 90,
            journal_poll_days: 7,
        }
    }
}

/// What is wrong with the configuration, by key.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    Unreadable(Box<figment::Error>),
    #[error("{file}: no such file")]
    NoFile { file: String },
    #[error("{key}: expected {expected}, found '{found}'")]
    Value { key: &'static str, expected: &'static str, found: String },
}

impl Config {
    /// Reads `file` (or `qingke.toml` where there is one), then the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, Fault> {
        if let Some(file) = file.filter(|file| !file.is_file()) {
            return Err(Fault::NoFile { file: file.display().to_string() });
        }
        let file = file.unwrap_or_else(|| Path::new("qingke.toml"));
        Self::from(
            Figment::from(Serialized::defaults(Self::default()))
                .merge(Toml::file(file))
                .merge(Env::prefixed("QINGKE_")),
        )
    }

    fn from(figment: Figment) -> Result<Self, Fault> {
        let config: Self = figment.extract().map_err(|error| Fault::Unreadable(Box::new(error)))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), Fault> {
        for (key, url) in [("database_url", &self.database_url), ("published_url", &self.published_url)] {
            let known = ["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
            if !url.is_empty() && !known {
                return Err(Fault::Value { key, expected: "sqlite://PATH or postgres://…", found: url.clone() });
            }
        }
        if !self.ip_header.is_empty() && !self.behind_tls_proxy {
            let expected = "no header unless behind_tls_proxy is true";
            return Err(Fault::Value { key: "ip_header", expected, found: self.ip_header.clone() });
        }
        if self.listen == self.portal_listen && self.listen.port() != 0 {
            let expected = "another address than listen: the public portal is a listener of its own";
            return Err(Fault::Value { key: "portal_listen", expected, found: self.portal_listen.to_string() });
        }
        if !self.portal_url.is_empty() && !self.portal_url.starts_with("http") {
            let found = self.portal_url.clone();
            return Err(Fault::Value { key: "portal_url", expected: "http://… or https://…", found });
        }
        Ok(())
    }

    pub fn database(&self) -> String {
        or_file(&self.database_url, &self.data_dir, "laboratory.db")
    }

    pub fn published(&self) -> String {
        or_file(&self.published_url, &self.data_dir, "published.db")
    }

    pub fn journal(&self) -> PathBuf {
        self.data_dir.join("journal.db")
    }

    /// How long the journal keeps what it could let go.
    pub fn journal_ages(&self) -> Ages {
        let age = |days: u16| (days > 0).then(|| SignedDuration::from_hours(24 * i64::from(days)));
        Ages { delivered: age(self.journal_days), polls: age(self.journal_poll_days) }
    }

    pub fn portal_url(&self) -> String {
        if self.portal_url.is_empty() {
            format!("http://{}", self.portal_listen)
        } else {
            self.portal_url.trim_end_matches('/').to_owned()
        }
    }
}

fn or_file(url: &str, dir: &Path, file: &str) -> String {
    if url.is_empty() { format!("sqlite://{}", dir.join(file).display()) } else { url.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Fault> {
        Config::from(Figment::from(Serialized::defaults(Config::default())).merge(Toml::string(text)))
    }

    #[test]
    fn an_unknown_key_is_refused_by_its_name() {
        let error = read("listn = '127.0.0.1:1'").unwrap_err().to_string();
        assert!(error.contains("listn"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_key_and_what_was_expected() {
        for (text, key) in [
            ("database_url = 'mysql://x'", "database_url"),
            ("ip_header = 'X-Real-IP'", "ip_header"),
            ("portal_listen = '127.0.0.1:8000'", "portal_listen"),
            ("portal_url = 'example.org'", "portal_url"),
            ("listen = 'nowhere'", "listen"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(key), "{text}: {error}");
        }
    }

    #[test]
    fn without_a_database_url_the_data_directory_holds_everything() {
        let config = read("data_dir = '/srv/lab'").unwrap();
        assert_eq!(config.database(), "sqlite:///srv/lab/laboratory.db");
        assert_eq!(config.published(), "sqlite:///srv/lab/published.db");
    }
}
