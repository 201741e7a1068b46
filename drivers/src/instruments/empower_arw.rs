//! Waters Empower: `.arw`, a channel's trace exported as text under the fields that were chosen for it.
//! From an export of a 2475 fluorescence detector; the fields and their arrangement are set by the laboratory.

use crate::contract::{
    Chromatogram, Decoded, Direction, Fault, Instrument, Message, Profile, Proof, Serial, Transport,
};
use crate::format::dates;
use crate::format::numbers::number;
use crate::format::rows::{Row, rows};
use crate::format::trace::{PRINTED, Points};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "empower-arw",
    maker: "Waters",
    models: &["Empower 2", "Empower 3", "Alliance", "ACQUITY"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Instrument,
    tested_against: "an export of a 2475 fluorescence detector",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

/// Names Empower gives to fields: at least one of them stands in any head worth exporting.
const FIELDS: [&str; 9] = [
    "SampleName",
    "Sample Name",
    "Channel",
    "Channel Name",
    "Sample Set Name",
    "Instrument Method Name",
    "Date Acquired",
    "Vial",
    "Injection",
];

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let (text, encoding) = crate::format::encodings::read(head);
    let rows = rows(&text, head, encoding);
    let named = |row: &Row<'_>| row.text.starts_with('"') && row.cells('\t').any(|cell| FIELDS.contains(&cell.trim()));
    rows.first().is_some_and(named) && rows.iter().skip(1).any(is_point)
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let Some(at) = rows.iter().position(is_point) else {
        let found = rows.first().map(Row::quoted).unwrap_or_default();
        return Err(Fault::Line { line: rows.len(), expected: "a time and a value", found });
    };
    let (head, points) = rows.split_at_checked(at).unwrap_or_default();
    let fields = fields(head);
    let field = |names: &[&str]| {
        names.iter().find_map(|name| fields.iter().find(|(own, value)| own == name && !value.is_empty()))
    };
    let value = |names: &[&str]| field(names).map(|(_, value)| value.clone());

    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    decoded.instrument =
        Instrument { vendor: Some("Waters".to_owned()), model: value(&["System Name"]), ..Instrument::default() };
    let points = Points::printed(points, '\t', (0, 1), number, &mut decoded.rejected);
    let acquired = value(&["Date Acquired", "Acquisition Date"]);
    let acquired_at = acquired.and_then(|text| dates::sure("acquired", &text, &mut decoded.warnings));
    let place = Chromatogram {
        sample_id: value(&["SampleName", "Sample Name"]),
        acquired_at,
        channel: value(&["Channel", "Channel Name", "Channel Description"]),
        ..Chromatogram::default()
    };
    decoded.chromatograms.push(points.into_chromatogram(place, PRINTED));
    Ok(decoded)
}

fn is_point(row: &Row<'_>) -> bool {
    let mut cells = row.cells('\t').map(|cell| number(cell.trim()));
    matches!((cells.next(), cells.next(), cells.next()), (Some(Some(_)), Some(Some(_)), None))
        && !row.text.contains('"')
}

/// Names and values: a row of names above a row of values, or one `name TAB value` a row.
fn fields(head: &[Row<'_>]) -> Vec<(String, String)> {
    let cells = |row: &Row<'_>| row.cells('\t').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    match head {
        [names, values] if cells(names).iter().filter(|name| FIELDS.contains(&name.as_str())).count() != 1 => {
            cells(names).into_iter().zip(cells(values)).collect()
        }
        [names, values] if names.cells('\t').count() > 2 => cells(names).into_iter().zip(cells(values)).collect(),
        rows => rows.iter().filter_map(|row| row.cells('\t').next().zip(row.cells('\t').nth(1))).map(pair).collect(),
    }
}

fn pair((name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)) -> (String, String) {
    (name.trim().to_owned(), value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Decoded {
        parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap()
    }

    #[test]
    fn fields_stand_side_by_side_or_below_each_other() {
        let points = "0\t0\r0.008333333\t-0.5\r0.01666667\t366.7791\r";
        let beside = format!("\"SampleName\"\t\"Channel\"\t\"Vial\"\r\"26-041\"\t\"2475ChA\"\t\"1:A,3\"\r{points}");
        let below = format!("\"SampleName\"\t\"26-041\"\r\"Channel\"\t\"2475ChA\"\r{points}");
        for text in [beside, below] {
            assert!(recognises(text.as_bytes()), "{text}");
            let decoded = read(&text);
            let [trace] = decoded.chromatograms.as_slice() else { panic!("one channel") };
            assert_eq!((trace.sample_id.as_deref(), trace.channel.as_deref()), (Some("26-041"), Some("2475ChA")));
            assert_eq!(trace.signal, [0.0, -0.5, 366.7791]);
            assert!(trace.interval_min.is_some_and(|step| (step - 0.5 / 60.0).abs() < 1e-7), "{trace:?}");
        }
    }

    #[test]
    fn a_sample_that_is_called_by_a_number_is_no_point() {
        let decoded = read("\"Vial\"\t\"Injection\"\r\"14\"\t\"2\"\r0\t1\r1\t2\r");
        assert_eq!(decoded.chromatograms[0].points, 2);
    }

    #[test]
    fn a_head_alone_is_a_fault() {
        assert!(parse(&Message::plain(b"\"SampleName\"\r\"x\"\r".to_vec(), 0)).is_err());
    }
}
