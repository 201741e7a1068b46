//! A driver, however it was made: a family written in code, or a device described in a profile.

use std::sync::Arc;

use crate::contract::{Decoded, Direction, Fault, Host, Link, Message, Profile, Proof, Serial, Transport};
use crate::described::Described;

/// What a line, a file or a page needs of an instrument family.
#[derive(Debug, Clone)]
pub enum Driver {
    Code(&'static Profile),
    Described(Arc<Described>),
}

impl Driver {
    pub fn id(&self) -> &str {
        match self {
            Self::Code(profile) => profile.id,
            Self::Described(profile) => &profile.id,
        }
    }

    pub fn maker(&self) -> &str {
        match self {
            Self::Code(profile) => profile.maker,
            Self::Described(profile) => &profile.maker,
        }
    }

    /// Models as printed on them.
    pub fn models(&self) -> Vec<&str> {
        match self {
            Self::Code(profile) => profile.models.to_vec(),
            Self::Described(profile) => profile.models.iter().map(String::as_str).collect(),
        }
    }

    pub fn transports(&self) -> &[Transport] {
        match self {
            Self::Code(profile) => profile.transports,
            Self::Described(profile) => &profile.transports,
        }
    }

    /// A described device is only listened to.
    pub fn direction(&self) -> Direction {
        match self {
            Self::Code(profile) => profile.direction,
            Self::Described(_) => Direction::OneWay,
        }
    }

    /// What is said to it as a host, where it takes orders.
    pub fn host(&self) -> Option<&'static Host> {
        match self {
            Self::Code(profile) => profile.host,
            Self::Described(_) => None,
        }
    }

    pub fn proof(&self) -> Proof {
        match self {
            Self::Code(profile) => profile.proof,
            Self::Described(profile) => profile.proof,
        }
    }

    pub fn tested_against(&self) -> &str {
        match self {
            Self::Code(profile) => profile.tested_against,
            Self::Described(profile) => &profile.tested_against,
        }
    }

    /// The maker's usual settings.
    pub fn serial(&self) -> Serial {
        match self {
            Self::Code(profile) => profile.serial,
            Self::Described(profile) => profile.serial,
        }
    }

    /// A link at the start of a line.
    pub fn link(&self) -> Box<dyn Link> {
        match self {
            Self::Code(profile) => (profile.link)(),
            Self::Described(profile) => profile.link(),
        }
    }

    /// What a message says.
    ///
    /// # Errors
    /// Nothing in it could be read; where and why.
    pub fn parse(&self, message: &Message) -> Result<Decoded, Fault> {
        match self {
            Self::Code(profile) => (profile.parse)(message),
            Self::Described(profile) => profile.parse(message),
        }
    }

    /// Whether these bytes look like this family's output.
    pub fn recognises(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Code(profile) => (profile.recognises)(bytes),
            Self::Described(profile) => profile.recognises(bytes),
        }
    }
}
