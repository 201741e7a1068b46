//! The way from a line into the record: the driver reads, the store keeps, once.

use drivers::contract::{Host, Stamp};
use drivers::{Driver, Message, Said};

use super::clock;
use super::courier::{Intake, IntakeError, Receipt};
use super::mouth::Saying;
use crate::store::dispatches::Sending;
use crate::store::intake::{Read, storable};
use crate::store::journal::Transmission;
use crate::store::{Store, StoreError};

/// Takes transmissions into the laboratory's own database.
#[derive(Clone)]
pub struct Hub {
    pub store: Store,
}

impl Intake for Hub {
    fn deliver(&self, transmission: &Transmission) -> Result<Receipt, IntakeError> {
        let failed = |error: StoreError| IntakeError(error.to_string());
        let driver = self.store.driver(&transmission.driver).map_err(failed)?;
        let (messages, fault) = match &driver {
            Some((driver, _)) => read(transmission, driver),
            None => (Vec::new(), Some(format!("no driver '{}'", transmission.driver))),
        };
        let revision = driver.as_ref().map(|(_, revision)| revision.as_str());
        let taken = match self.store.take_in(transmission, &messages, fault.as_deref(), revision, clock::now()) {
            // Offered again it would fail again, and hold up all that comes after it: the bytes are taken alone, and shown
            // as undecodable with the reason.
            Err(error) if error.is_about_content() => {
                tracing::error!(instrument = %transmission.instrument, seq = transmission.seq, %error, "readings not taken");
                let why = storable(error.to_string());
                self.store.take_in(transmission, &[], Some(&why), revision, clock::now())
            }
            taken => taken,
        };
        let taken = taken.map_err(failed)?;
        Ok(Receipt { readings: taken.readings })
    }

    fn has(&self, transmission: &Transmission) -> Result<bool, IntakeError> {
        self.store.has_taken(transmission).map_err(|error| IntakeError(error.to_string()))
    }

    fn to_say(&self, instrument: &str) -> Result<Option<Saying>, IntakeError> {
        let failed = |error: StoreError| IntakeError(error.to_string());
        let Some(host) = self.store.driver_of(instrument).map_err(failed)?.and_then(|driver| driver.host()) else {
            return Ok(None);
        };
        let next = self.store.to_say(instrument, clock::now()).map_err(failed)?;
        Ok(next.and_then(|sending| say(host, sending)))
    }

    fn said(&self, instrument: &str, id: i64, said: &Said) -> Result<(), IntakeError> {
        self.store.told(instrument, id, said, clock::now()).map_err(|error| IntakeError(error.to_string()))
    }
}

/// An order in the words of the instrument.
fn say(host: &Host, sending: Sending) -> Option<Saying> {
    let id = sending.id.to_string();
    let stamp = Stamp { now: clock::civil(), id: &id };
    let message = match sending.query {
        Some(query) => (host.answer)(&Message::plain(query, 0), &sending.orders, &stamp)?,
        None => (host.order)(&sending.orders, &stamp),
    };
    Some(Saying { id: sending.id, message })
}

/// Reads every message with the line's driver; the first thing that could not be read is the fault.
pub(crate) fn read(transmission: &Transmission, driver: &Driver) -> (Vec<Read>, Option<String>) {
    read_messages(driver, &transmission.messages)
}

/// Reads messages with a driver.
pub(super) fn read_messages(driver: &Driver, messages: &[Message]) -> (Vec<Read>, Option<String>) {
    let mut read = Vec::new();
    let mut fault = None;
    for message in messages {
        match driver.parse(message) {
            Ok(decoded) => {
                fault = fault.or_else(|| decoded.rejected.first().map(|rejected| rejected.reason.clone()));
                read.push(Read::new(message, decoded));
            }
            Err(error) => fault = fault.or_else(|| Some(error.to_string())),
        }
    }
    (read, fault.map(storable))
}
