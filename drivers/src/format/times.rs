//! An instrument's civil time: what its clock showed, without a zone. A doubtful time is none.

use jiff::civil::{Date, DateTime, Time};

/// `YYYYMMDDhhmm` or `YYYYMMDDhhmmss`, as LIS02 and HL7 write it; a date alone is not an instant.
pub fn compact(text: &str) -> Option<DateTime> {
    let digits = text.trim().as_bytes();
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let two = |[tens, ones]: [u8; 2]| ((tens - b'0') * 10 + (ones - b'0')) as i8;
    let (century, year, month, day, hour, minute, second) = match *pairs {
        [century, year, month, day, hour, minute] => (century, year, month, day, hour, minute, [b'0'; 2]),
        [century, year, month, day, hour, minute, second] => (century, year, month, day, hour, minute, second),
        _ => return None,
    };
    let year = i16::from(two(century)) * 100 + i16::from(two(year));
    DateTime::new(year, two(month), two(day), two(hour), two(minute), two(second), 0).ok()
}

/// Three numbers with a separator between them, and the year of two digits as 20yy: no instrument of today was built
/// before.
pub fn three(text: &str, separator: char) -> Option<[i16; 3]> {
    let mut parts = text.trim().split(separator).map(|part| part.trim().parse::<i16>().ok());
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

/// A date from a year (two digits are 20yy), a month and a day.
pub fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    let year = if (0..100).contains(&year) { 2000 + year } else { year };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// `hh:mm` or `hh:mm:ss`.
pub fn clock(text: &str) -> Option<Time> {
    let mut parts = text.trim().split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        None => 0,
        Some(second) => second?,
    };
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubtful_time_is_no_time() {
        assert_eq!(compact("20260301091530").map(|t| t.to_string()).as_deref(), Some("2026-03-01T09:15:30"));
        assert_eq!(compact("202603010915").map(|t| t.to_string()).as_deref(), Some("2026-03-01T09:15:00"));
        for bad in ["", "20260301", "20260230091530", "20260301096030", "00000000000000", "2026-03-01 09:15"] {
            assert_eq!(compact(bad), None, "{bad}");
        }
    }

    #[test]
    fn two_digits_of_a_year_are_of_this_century() {
        assert_eq!(date(26, 3, 1).map(|d| d.to_string()).as_deref(), Some("2026-03-01"));
        assert_eq!(date(0, 0, 0), None);
        assert_eq!(clock("24:00"), None);
        assert_eq!(clock("9:05").map(|t| t.to_string()).as_deref(), Some("09:05:00"));
    }
}
