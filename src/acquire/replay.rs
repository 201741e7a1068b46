//! Reading kept bytes once more: what the link and the driver of today make of a past transmission. Nothing is changed.

use drivers::contract::Chromatogram;
use drivers::{Driver, Event, Link, Message};

use super::intake::read_messages;
use crate::store::intake::{OnWire, Read};

/// What today's driver says of a transmission.
#[derive(Debug, Clone, Default)]
pub struct Again {
    pub readings: Vec<OnWire>,
    pub chromatograms: Vec<Chromatogram>,
    /// The first thing that could not be read.
    pub fault: Option<String>,
    /// No message became whole: a link that must ask before it is told cannot repeat that on kept bytes alone.
    pub is_silent: bool,
}

/// Reads the bytes of a transmission with a driver.
pub fn again(driver: &Driver, bytes: &[u8]) -> Again {
    let events = whole(driver.link().as_mut(), bytes);
    let messages: Vec<Message> = events.into_iter().filter_map(|event| event.message).collect();
    let (read, fault) = read_messages(driver, &messages);
    let mut found = Again { fault, is_silent: messages.is_empty(), ..Again::default() };
    for Read { readings, chromatograms, .. } in read {
        found.readings.extend(readings);
        found.chromatograms.extend(chromatograms);
    }
    found
}

/// What a link makes of bytes that are all there, as one transmission.
pub(super) fn whole(link: &mut dyn Link, bytes: &[u8]) -> Vec<Event> {
    let mut events = link.feed(bytes);
    events.extend(link.close());
    let (mut start, mut end) = (0, 0);
    for event in &mut events {
        // A link counts anew after each transmission; here all is one.
        for piece in event.message.iter_mut().flat_map(|message| &mut message.pieces) {
            piece.wire += start;
        }
        end += event.wire.len();
        if event.last {
            start = end;
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_print_outs_in_one_transmission_are_read_where_they_stand() {
        let found = again(&drivers::by_id("mt-sics").unwrap(), b"S S      2.50 g\r\nS S      2.50 g\r\n");
        let results: Vec<_> = found.readings.iter().map(|one| one.reading.result.as_deref()).collect();
        assert_eq!(results, [Some("2.50"), Some("2.50")]);
        assert!(found.readings[0].end <= found.readings[1].start, "{:?}", found.readings);
        assert!(found.fault.is_none() && !found.is_silent);
    }

    #[test]
    fn bytes_that_mean_nothing_say_so() {
        let found = again(&drivers::by_id("shimadzu-ascii").unwrap(), b"\x01\x02");
        assert!(found.readings.is_empty() && found.fault.is_some());
    }
}
