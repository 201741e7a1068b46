//! Dates with the month as an English word, as Agilent's data systems write them on every computer: no doubt about
//! day and month.

use jiff::civil::DateTime;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// `23-Aug-22, 12:48:20`, `17 Dec 19  10:04 am`, `Tue Dec 17 10:13:57 2019`, `Tuesday 23 August 2022 13:08:05`. A year
/// of two digits is 20yy.
pub fn read(text: &str) -> Option<DateTime> {
    let (mut day, mut month, mut year) = (None, None, None);
    let (mut clock, mut half) = (None, None);
    for word in text.split([' ', ',', '-']).filter(|word| !word.is_empty()) {
        if let Some(time) = super::times::clock(word).filter(|_| clock.is_none()) {
            clock = Some(time);
        } else if let Ok(number) = word.parse::<i16>() {
            match (day, year) {
                (None, _) if number <= 31 && word.len() <= 2 => day = Some(number),
                (_, None) => year = Some(number),
                _ => return None,
            }
        } else if word.eq_ignore_ascii_case("am") {
            half = Some(0);
        } else if word.eq_ignore_ascii_case("pm") {
            half = Some(12);
        } else if month.is_none() {
            month = month_of(word);
        }
    }
    let time = clock?;
    let time = match half {
        Some(half) => time.with().hour(time.hour() % 12 + half).build().ok()?,
        None => time,
    };
    Some(super::times::date(year?, month?, day?)?.to_datetime(time))
}

fn month_of(word: &str) -> Option<i16> {
    let start = word.get(..3)?.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| **month == start)?;
    i16::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_month_leaves_no_doubt() {
        for (text, expected) in [
            ("23-Aug-22, 12:48:20", Some("2022-08-23T12:48:20")),
            ("17 Dec 19  10:04 am", Some("2019-12-17T10:04:00")),
            ("17 Dec 19  12:04 pm", Some("2019-12-17T12:04:00")),
            ("17 Dec 19  12:04 am", Some("2019-12-17T00:04:00")),
            ("Tue Dec 17 10:13:57 2019", Some("2019-12-17T10:13:57")),
            ("Tuesday 23 August 2022 13:08:05", Some("2022-08-23T13:08:05")),
            ("31-Feb-22, 12:48:20", None),
            ("03/02/2026 09:15:00", None),
            ("23-Aug-22", None),
            ("", None),
        ] {
            assert_eq!(read(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
        }
    }
}
