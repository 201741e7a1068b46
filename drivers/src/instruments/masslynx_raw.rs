//! Waters MassLynx: parts of a `.raw` folder. Analogue channels stand in `_CHROnnn.DAT`, their names in `_CHROMS.INF`,
//! the sample in `_HEADER.TXT`. From a folder of a Xevo TQ-XS; the layout describes itself in its first 128 bytes.

mod table;

use jiff::civil::DateTime;

use crate::contract::{
    Chromatogram, Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Serial, Transport,
};
use crate::format::times;
use crate::format::trace::{PRINTED, Points};
use crate::link::whole::Whole;
use table::Table;

pub static PROFILE: Profile = Profile {
    id: "masslynx-raw",
    maker: "Waters",
    models: &["MassLynx", "Xevo", "ACQUITY"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "the parts of a run of a Xevo TQ-XS",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

fn recognises(bytes: &[u8]) -> bool {
    bytes.starts_with(b"$$ Version:")
        || bytes.starts_with(INLET)
        || Table::read(bytes).is_ok_and(|table| table.is_known())
}

/// First lines of `_INLET.INF`, a print of the inlet method.
const INLET: &[u8] = b"\r\nACE Experimental Record";

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let bytes = &message.bytes;
    if bytes.starts_with(b"$$ ") {
        return header(bytes);
    }
    if bytes.starts_with(INLET) {
        return Err(Fault::Nothing("_INLET.INF is a print of the inlet method and holds no result"));
    }
    let table = Table::read(bytes)?;
    match (table.column("Time"), table.column("Intensity"), table.column("Description")) {
        (Some(time), Some(intensity), _) => {
            let mut points = Points::default();
            let (times, values) = (table.numbers(time)?, table.numbers(intensity)?);
            times.iter().zip(&values).for_each(|(time, value)| points.push(*time, *value));
            let mut decoded = Decoded { instrument: waters(), ..Decoded::default() };
            if table.rest() > 0 {
                decoded.warnings.push(format!("{} bytes behind the last whole point", table.rest()));
            }
            decoded.chromatograms.push(points.into_chromatogram(Chromatogram::default(), PRINTED));
            Ok(decoded)
        }
        (_, _, Some(description)) => {
            let names = table.texts(description).into_iter().enumerate();
            let warnings = names.map(|(index, text)| format!("channel {}: {}", index + 1, channel(&text))).collect();
            Ok(Decoded { instrument: waters(), warnings, ..Decoded::default() })
        }
        _ => Err(Fault::Bytes {
            offset: table::HEAD,
            expected: "the columns Time and Intensity, or Description",
            found: table.names().join(", "),
        }),
    }
}

fn waters() -> Instrument {
    Instrument { vendor: Some("Waters".to_owned()), ..Instrument::default() }
}

/// `System Pressure` and `$CC$,1.000000,3,0,0,psi`: a name, then how it is shown, at the end the unit.
fn channel(parts: &[String]) -> String {
    let name = parts.first().map(String::as_str).unwrap_or_default();
    let shown = parts.get(1).and_then(|text| text.rsplit(',').next());
    match shown.map(str::trim).filter(|unit| !unit.is_empty()) {
        Some(unit) => format!("{name} in {unit}"),
        None => name.to_owned(),
    }
}

/// `_HEADER.TXT`: `$$ Key: value`. It says of what sample the folder is, but holds no result itself.
fn header(bytes: &[u8]) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(bytes);
    let value = |key: &str| {
        let pairs = text.lines().filter_map(|line| line.strip_prefix("$$ ")?.split_once(": "));
        pairs.filter(|(own, _)| *own == key).map(|(_, value)| value.trim()).find(|value| !value.is_empty())
    };
    let (model, serial) = match value("Instrument").map(|text| text.split_once('#').unwrap_or((text, ""))) {
        Some((model, serial)) => (Some(model.to_owned()), Some(serial.to_owned()).filter(|text| !text.is_empty())),
        None => (None, None),
    };
    let named = [("sample", value("SampleID")), ("run", value("Acquired Name")), ("bottle", value("Bottle Number"))];
    let said: Vec<String> = named.iter().filter_map(|(what, text)| Some(format!("{what} {}", (*text)?))).collect();
    Ok(Decoded {
        instrument: Instrument { model, serial_number: serial, ..waters() },
        sent_at: value("Acquired Date").zip(value("Acquired Time")).and_then(|(date, time)| acquired(date, time)),
        encoding: Some(encoding),
        warnings: vec![format!("the folder of {}; this part holds no signal", said.join(", "))],
        ..Decoded::default()
    })
}

/// `20-Sep-2021`, `18:09:55`.
fn acquired(date: &str, time: &str) -> Option<DateTime> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = date.split('-');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
    let date = times::date(year.parse().ok()?, i16::try_from(month).ok()?, day.parse().ok()?)?;
    Some(date.to_datetime(times::clock(time)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Decoded {
        parse(&Message::plain(bytes.to_vec(), 0)).unwrap()
    }

    #[test]
    fn a_channel_is_pairs_of_time_and_intensity() {
        let points: Vec<u8> = [0.5f32, -1.25, 1.0, 6690.5].iter().flat_map(|value| value.to_le_bytes()).collect();
        let bytes = table::tests::file(&[("Time", 3, 4), ("Intensity", 3, 4)], &points);
        assert!(recognises(&bytes));
        let decoded = read(&bytes);
        let [trace] = decoded.chromatograms.as_slice() else { panic!("one channel") };
        assert_eq!((trace.signal.as_slice(), trace.start_min), ([-1.25, 6690.5].as_slice(), Some(0.5)));
        let torn = read(&bytes[..bytes.len() - 3]);
        assert_eq!(torn.chromatograms[0].points, 1);
        assert!(torn.warnings.iter().any(|w| w.contains("5 bytes")), "{:?}", torn.warnings);
    }

    #[test]
    fn names_and_units_of_the_channels_are_told() {
        let mut record = vec![0, 0, 0, 0];
        record.extend(b"Pump Pressure\0$CC$,1.000000,3,0,0,psi\0\0");
        let bytes = table::tests::file(&[("Flags", 2, 4), ("Description", 5, 39)], &record);
        assert_eq!(read(&bytes).warnings, ["channel 1: Pump Pressure in psi"]);
    }

    #[test]
    fn the_header_names_instrument_sample_and_time() {
        let decoded = read(
            b"$$ Version: 01.00\r\n$$ Acquired Name: R-7\r\n$$ Acquired Date: 02-Mar-2026\r\n\
              $$ Acquired Time: 18:09:55\r\n$$ Instrument: XEVO-TQXS#WBA0001\r\n$$ SampleID: 26-041\r\n",
        );
        assert_eq!(decoded.sent_at.map(|at| at.to_string()).as_deref(), Some("2026-03-02T18:09:55"));
        assert_eq!(decoded.instrument.serial_number.as_deref(), Some("WBA0001"));
        assert!(decoded.warnings.iter().any(|w| w.contains("26-041")), "{:?}", decoded.warnings);
    }
}
