//! The hub as a bench agent sees it: over HTTPS, with the agent's token.

use drivers::Said;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

use super::{Assignment, Beat, Settings};
use crate::acquire::parcel::Parcel;
use crate::acquire::{Intake, IntakeError, Receipt, Saying, Transmission};
use crate::lab::digest::sha256;

/// What the hub answers once a transmission is committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipted {
    /// Of the bytes as the hub has them.
    pub sha256: String,
    pub readings: u64,
}

/// Whether the hub has a transmission with just these bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub has: bool,
}

/// An agent asks what is to be said on a line, and tells what became of an order there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    pub instrument: String,
    pub told: Option<(i64, Said)>,
}

impl Receipted {
    pub fn new(bytes: &[u8], receipt: Receipt) -> Self {
        Self { sha256: sha256(bytes), readings: receipt.readings }
    }
}

/// Why the hub did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    #[error("hub: expected an address like https://qingke.example.cn, found '{0}'")]
    Address(String),
    #[error("ca_file: {0}")]
    Authorities(String),
    #[error("the hub cannot be reached: {0}")]
    Unreachable(String),
    #[error("the hub does not know this token, or it was revoked")]
    Unknown,
    #[error("the hub refused: {status} {reason}")]
    Refused { status: u16, reason: String },
    #[error("the hub answered something else than expected: {0}")]
    Answer(String),
    #[error("the hub's receipt is for other bytes: expected {expected}, found {found}")]
    Receipt { expected: String, found: String },
}

pub(super) struct Remote {
    http: ureq::Agent,
    hub: String,
    bearer: String,
}

impl Remote {
    pub fn new(settings: &Settings) -> Result<Self, HubError> {
        let hub = settings.hub.trim_end_matches('/').to_owned();
        if !hub.starts_with("https://") && !hub.starts_with("http://") {
            return Err(HubError::Address(settings.hub.clone()));
        }
        let mut tls = TlsConfig::builder();
        if let Some(file) = &settings.ca_file {
            let fault = |error: &dyn std::fmt::Display| HubError::Authorities(format!("{}: {error}", file.display()));
            let pem = std::fs::read(file).map_err(|error| fault(&error))?;
            let mut authorities: Vec<Certificate<'static>> = Vec::new();
            for item in ureq::tls::parse_pem(&pem) {
                if let PemItem::Certificate(certificate) = item.map_err(|error| fault(&error))? {
                    authorities.push(certificate);
                }
            }
            if authorities.is_empty() {
                return Err(fault(&"expected certificates, found none"));
            }
            tls = tls.root_certs(RootCerts::from(authorities));
        }
        let http = ureq::Agent::config_builder()
            .timeout_global(Some(settings.patience))
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(tls.build())
            .build();
        Ok(Self { http: http.into(), hub, bearer: format!("Bearer {}", settings.token.trim()) })
    }

    pub fn beat(&self, beat: &Beat) -> Result<Assignment, HubError> {
        self.ask("/api/agent/beat", beat)
    }

    fn ask<Q: Serialize, A: DeserializeOwned>(&self, path: &str, question: &Q) -> Result<A, HubError> {
        let body = serde_json::to_vec(question).map_err(|error| HubError::Answer(error.to_string()))?;
        let mut answer = self
            .http
            .post(format!("{}{path}", self.hub))
            .header("Authorization", &self.bearer)
            .header("Content-Type", "application/json")
            .send(&body)
            .map_err(|error| HubError::Unreachable(error.to_string()))?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().map_err(|error| HubError::Unreachable(error.to_string()))?;
        match status {
            200 => serde_json::from_str(&text).map_err(|error| HubError::Answer(error.to_string())),
            401 => Err(HubError::Unknown),
            _ => Err(HubError::Refused { status, reason: text.lines().next().unwrap_or_default().to_owned() }),
        }
    }
}

impl Intake for Remote {
    fn deliver(&self, transmission: &Transmission) -> Result<Receipt, IntakeError> {
        let text = |error: HubError| IntakeError(error.to_string());
        let receipt: Receipted = self.ask("/api/agent/deliver", &Parcel::from(transmission)).map_err(text)?;
        // Only a receipt for these very bytes lets the journal forget that they wait.
        let expected = sha256(&transmission.bytes);
        if receipt.sha256 != expected {
            return Err(text(HubError::Receipt { expected, found: receipt.sha256 }));
        }
        Ok(Receipt { readings: receipt.readings })
    }

    fn has(&self, transmission: &Transmission) -> Result<bool, IntakeError> {
        let answer: Kept =
            self.ask("/api/agent/has", &Parcel::from(transmission)).map_err(|error| IntakeError(error.to_string()))?;
        Ok(answer.has)
    }

    fn to_say(&self, instrument: &str) -> Result<Option<Saying>, IntakeError> {
        let line = Spoken { instrument: instrument.to_owned(), told: None };
        self.ask("/api/agent/say", &line).map_err(|error| IntakeError(error.to_string()))
    }

    fn said(&self, instrument: &str, id: i64, said: &Said) -> Result<(), IntakeError> {
        let line = Spoken { instrument: instrument.to_owned(), told: Some((id, said.clone())) };
        // What is next is asked for by itself; here only the success counts.
        let _: Option<Saying> = self.ask("/api/agent/say", &line).map_err(|error| IntakeError(error.to_string()))?;
        Ok(())
    }
}
