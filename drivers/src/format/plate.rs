//! Microplates: wells named by a row letter and a column number, and the grids readers print them in.

use super::numbers;
use crate::contract::{Reading, Role};

/// The largest plates have 32 rows and 48 columns.
const ROWS: usize = 32;
const COLUMNS: u32 = 48;

/// Letter of the row with this index: `A` … `Z`, `AA` … `AF`.
pub fn letter(index: usize) -> Option<String> {
    let index = u8::try_from(index).ok().filter(|index| usize::from(*index) < ROWS)?;
    Some(match index.checked_sub(26) {
        None => char::from(b'A' + index).to_string(),
        Some(index) => format!("A{}", char::from(b'A' + index)),
    })
}

/// Whether this is the letter of a row.
pub fn is_letter(text: &str) -> bool {
    match text.as_bytes() {
        [b'A'..=b'Z'] => true,
        [b'A', second] => (b'A'..=b'F').contains(second),
        _ => false,
    }
}

/// Whether this is the name of a well: `A1`, `H12`, `A01`.
pub fn is_well(text: &str) -> bool {
    let at = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (row, column) = text.split_at_checked(at).unwrap_or_default();
    is_letter(row) && column.len() <= 2 && column.parse().is_ok_and(|column: u32| (1..=COLUMNS).contains(&column))
}

/// The heading of a grid: whatever stands in front, then 1, 2, 3 and so on. Gives the place of each number's cell, none
/// if the cells are no heading.
pub fn heading<T: AsRef<str>>(cells: &[T]) -> Vec<(usize, u32)> {
    let numbers =
        cells.iter().enumerate().skip(1).map(|(place, cell)| (place, cell.as_ref().trim().parse::<u32>().ok()));
    let counted = numbers
        .zip(1..=COLUMNS)
        .map_while(|((place, number), column)| (number == Some(column)).then_some((place, column)));
    let columns: Vec<(usize, u32)> = counted.collect();
    if columns.len() < 2 { Vec::new() } else { columns }
}

/// The wells of one row of a grid that are not empty: name and literal.
pub fn wells<'c, T: AsRef<str>>(row: &str, columns: &[(usize, u32)], cells: &'c [T]) -> Vec<(String, &'c str)> {
    let cell = |place: usize| cells.get(place).map(|cell| cell.as_ref().trim()).filter(|text| !text.is_empty());
    columns.iter().filter_map(|(place, column)| Some((format!("{row}{column}"), cell(*place)?))).collect()
}

/// `reading` with what the reader printed. Where a number should stand and a word does (`OVRFLW`, `*****`), the word is
/// kept and is a flag: it is no value, and never 0.
pub fn measured(reading: Reading, literal: &str) -> Reading {
    let (number, censored) = numbers::read(literal);
    let mut flags = reading.flags.clone();
    if number.is_none() && censored.is_none() {
        flags.push(literal.to_owned());
    }
    Reading { result: Some(literal.into()), number, censored, flags, ..reading }
}

/// What a well is for, from the name a plate layout gives it: `STD1`, `BLK`, `Blank`, `CTL2`, `QC_…`. Not for names of
/// samples, which people choose.
pub fn role(name: &str) -> Role {
    let name = name.to_ascii_uppercase();
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    match () {
        () if starts(&["BLK", "BLANK"]) || name.ends_with("BLANK") => Role::Blank,
        () if starts(&["STD", "STANDARD"]) => Role::Calibrator,
        () if starts(&["CTL", "CTRL", "CONTROL", "QC"]) => Role::Control,
        () => Role::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Censored;

    #[test]
    fn wells_have_a_letter_and_a_number() {
        for well in ["A1", "H12", "P24", "A01", "AF48"] {
            assert!(is_well(well), "{well}");
        }
        for other in ["", "A", "A0", "A49", "AG1", "1A", "A1.5", "Average", "A-1"] {
            assert!(!is_well(other), "{other}");
        }
        assert_eq!((letter(0).as_deref(), letter(31).as_deref(), letter(32)), (Some("A"), Some("AF"), None));
    }

    #[test]
    fn a_heading_counts_from_one() {
        assert_eq!(heading(&["", "1", "2", "3", "", "x"]), [(1, 1), (2, 2), (3, 3)]);
        assert_eq!(heading(&["RLU", "01", "02"]), [(1, 1), (2, 2)]);
        for none in [vec!["1", "2", "3"], vec!["", "1"], vec!["", "2", "3"], vec!["", "a"]] {
            assert!(heading(&none).is_empty(), "{none:?}");
        }
        let row = ["B", "0.1", "", "OVRFLW"];
        assert_eq!(
            wells("B", &[(1, 1), (2, 2), (3, 3)], &row),
            [("B1".to_owned(), "0.1"), ("B3".to_owned(), "OVRFLW")]
        );
    }

    #[test]
    fn a_word_is_a_flag_and_no_number() {
        let read = |text| measured(Reading::default(), text);
        assert_eq!((read("0.10").number, read("0.10").flags), (Some(0.1), vec![]));
        assert_eq!((read("OVRFLW").number, read("OVRFLW").flags), (None, vec!["OVRFLW".to_owned()]));
        assert_eq!((read(">4.0").censored, read(">4.0").flags), (Some(Censored::Above), vec![]));
    }

    #[test]
    fn layouts_name_what_a_well_is_for() {
        let cases = [
            ("STD1", Role::Calibrator),
            ("BLK", Role::Blank),
            ("QC_HIV_BLANK", Role::Blank),
            ("QC_POS", Role::Control),
        ];
        for (name, expected) in cases {
            assert_eq!(role(name), expected, "{name}");
        }
        assert_eq!(role("SPL1:1"), Role::Unknown);
    }
}
