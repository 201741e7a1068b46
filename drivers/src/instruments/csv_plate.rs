//! A plate as a plain list: well, sample, absorbance and test, one row a well, as Multiskan FC exports are configured.
//! From one such list; names and order of the columns are the laboratory's.

use crate::contract::{Decoded, Direction, Fault, Message, Profile, Proof, Reading, Rejected, Serial, Transport};
use crate::format::plate;
use crate::format::rows::{Columns, Row, rows};
use crate::link::whole::Whole;

pub static PROFILE: Profile = Profile {
    id: "csv-plate",
    maker: "any",
    models: &["well, sample, absorbance and test as CSV", "Multiskan FC"],
    transports: &[Transport::File],
    direction: Direction::OneWay,
    host: None,
    proof: Proof::Construction,
    tested_against: "a list of five wells written as an example",
    serial: Serial::new(9600),
    link: || Box::new(Whole::file()),
    parse,
    recognises,
};

const WELL: &[&str] = &["WellPosition", "Well Position", "Well", "孔位"];
const SAMPLE: &[&str] = &["SampleID", "Sample ID", "Sample", "样品编号"];
const VALUE: &[&str] = &["Abs", "Absorbance", "OD", "Value", "吸光度"];
const TEST: &[&str] = &["TestCode", "Test Code", "Test", "项目"];

fn recognises(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
    let (text, encoding) = crate::format::encodings::read(head);
    rows(&text, head, encoding).first().and_then(table).is_some()
}

/// The separator and the columns, if this row names wells, samples and values.
fn table(row: &Row<'_>) -> Option<(char, Columns)> {
    [';', '\t', ','].into_iter().find_map(|separator| {
        let columns = Columns::of(row.cells(separator));
        let all = [WELL, SAMPLE, VALUE].iter().all(|names| columns.place(names).is_some());
        all.then_some((separator, columns))
    })
}

fn parse(message: &Message) -> Result<Decoded, Fault> {
    let (text, encoding) = crate::format::encodings::read(&message.bytes);
    let rows = rows(&text, &message.bytes, encoding);
    let first = rows.first().ok_or(Fault::Nothing("an empty file"))?;
    let (separator, columns) = table(first).ok_or_else(|| Fault::Line {
        line: 1,
        expected: "columns for well, sample and absorbance",
        found: first.quoted(),
    })?;
    let mut decoded = Decoded { encoding: Some(encoding), ..Decoded::default() };
    for row in rows.iter().skip(1).filter(|row| !row.is_blank(separator)) {
        let cells: Vec<_> = row.cells(separator).collect();
        let well = columns.cell(&cells, WELL).filter(|well| plate::is_well(well));
        let (Some(well), Some(literal)) = (well, columns.cell(&cells, VALUE)) else {
            decoded.rejected.push(Rejected {
                offset: row.span.start,
                reason: format!("line {}: expected a well and its value, found '{}'", row.line, row.quoted()),
            });
            continue;
        };
        let (sample, test) = (columns.cell(&cells, SAMPLE), columns.cell(&cells, TEST));
        let reading = Reading {
            sample_id: sample.map(Into::into),
            position: Some(well.into()),
            role: test.map(plate::role).unwrap_or_default(),
            analyte: test.map(Into::into),
            span: row.span.clone(),
            ..Reading::default()
        };
        decoded.readings.push(plate::measured(reading, literal));
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Role;

    #[test]
    fn the_test_says_what_a_well_is_for() {
        let text = "WellPosition;SampleID;Abs;TestCode\r\nA1;Blanc1;0.045;QC_CBT ELISA_BLANK\r\nC1;PC1;1.733;QC_CBT ELISA_POS\r\n\
            A2;26-041;0.076;CBT ELISA\r\nB2;26-042;OVER;CBT ELISA\r\nZZ;26-043;0.1;CBT ELISA\r\n";
        assert!(recognises(text.as_bytes()));
        let decoded = parse(&Message::plain(text.as_bytes().to_vec(), 0)).unwrap();
        let said: Vec<_> = decoded
            .readings
            .iter()
            .map(|r| (r.position.as_deref(), r.sample_id.as_deref(), r.number, r.role))
            .collect();
        assert_eq!(
            said,
            [
                (Some("A1"), Some("Blanc1"), Some(0.045), Role::Blank),
                (Some("C1"), Some("PC1"), Some(1.733), Role::Control),
                (Some("A2"), Some("26-041"), Some(0.076), Role::Unknown),
                (Some("B2"), Some("26-042"), None, Role::Unknown),
            ]
        );
        assert_eq!(decoded.rejected.len(), 1);
    }

    #[test]
    fn other_tables_are_not_meant() {
        assert!(!recognises(b"Sample;Result;Unit\r\nA1;2;3\r\n"));
        assert!(parse(&Message::plain(b"a;b\r\n".to_vec(), 0)).is_err());
    }
}
