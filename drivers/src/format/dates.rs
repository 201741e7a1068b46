//! Dates as Windows writes them, in the order of the computer's region: a report does not say which.

use jiff::civil::DateTime;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    MonthFirst,
    DayFirst,
}

impl DateOrder {
    /// The order that some date of the same computer proves. `None`: none does, or two disagree.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut found = None;
        for text in texts {
            let proves = match numbers(text) {
                Some([first, _, _]) if first > 31 => continue,
                Some([13..=31, ..=12, _]) => Self::DayFirst,
                Some([..=12, 13..=31, _]) => Self::MonthFirst,
                _ => continue,
            };
            match found {
                None => found = Some(proves),
                Some(before) if before != proves => return None,
                Some(_) => {}
            }
        }
        found
    }
}

fn numbers(text: &str) -> Option<[i16; 3]> {
    let date = text.split_whitespace().next()?;
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    let mut parts = date.split(separator).map(|part| part.parse::<i16>().ok());
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

/// Date and time. A year in front leaves no doubt; else `order` decides; else only a day equal to its month does.
pub fn read(text: &str, order: Option<DateOrder>) -> Option<DateTime> {
    let [a, b, c] = numbers(text)?;
    let (year, month, day) = match order {
        _ if a > 31 => (a, b, c),
        _ if a == b => (c, a, b),
        Some(DateOrder::MonthFirst) => (c, a, b),
        Some(DateOrder::DayFirst) => (c, b, a),
        None => return None,
    };
    let year = if year < 100 { year + 2000 } else { year };
    let mut clock = None;
    let mut half = None;
    for word in text.split_whitespace().skip(1) {
        match word {
            "AM" | "am" | "上午" => half = Some(0),
            "PM" | "pm" | "下午" => half = Some(12),
            time => clock = Some(time.split(':').map(|part| part.parse::<i8>().ok()).collect::<Option<Vec<_>>>()?),
        }
    }
    let (hour, minute, second) = match clock?.as_slice() {
        [hour, minute] => (*hour, *minute, 0),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return None,
    };
    let hour = half.map_or(hour, |half| hour % 12 + half);
    DateTime::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?, hour, minute, second, 0).ok()
}

/// The time in `text`, if the text itself leaves no doubt; else a warning that names it as `what`.
pub fn sure(what: &str, text: &str, warnings: &mut Vec<String>) -> Option<DateTime> {
    let time = read(text, DateOrder::of(std::iter::once(text)));
    if time.is_none() {
        warnings.push(format!("{what} '{text}': day and month cannot be told apart"));
    }
    time
}

/// The times of one table: an order that some of its dates proves holds for all, and one warning stands for all doubts.
pub struct Times {
    order: Option<DateOrder>,
    doubtful: Option<String>,
}

impl Times {
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        Self { order: DateOrder::of(texts), doubtful: None }
    }

    pub fn read(&mut self, text: &str) -> Option<DateTime> {
        let time = read(text, self.order);
        if time.is_none() {
            self.doubtful.get_or_insert_with(|| text.to_owned());
        }
        time
    }

    pub fn warning(self) -> Option<String> {
        self.doubtful.map(|text| format!("read '{text}': day and month cannot be told apart"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_day_and_month_is_proved_or_doubtful() {
        let order = |texts: &[&str]| DateOrder::of(texts.iter().copied());
        assert_eq!(order(&["7/1/2023", "12/30/2019 3:02:02 PM"]), Some(DateOrder::MonthFirst));
        assert_eq!(order(&["30.12.2019"]), Some(DateOrder::DayFirst));
        assert_eq!(order(&["30.12.2019", "12/30/2019"]), None);
        assert_eq!(order(&["7/1/2023", "2026/3/20"]), None);
    }

    #[test]
    fn one_date_of_a_table_proves_the_others() {
        let mut times = Times::of(["28/02/2026", "01/03/2026"].into_iter());
        assert_eq!(times.read("01/03/2026 10:00").map(|t| t.to_string()).as_deref(), Some("2026-03-01T10:00:00"));
        assert_eq!(times.warning(), None);
        let mut times = Times::of(["02/02/2026", "01/03/2026"].into_iter());
        assert_eq!((times.read("01/03/2026 10:00"), times.read("01/04/2026 10:00")), (None, None));
        assert_eq!(times.warning().as_deref(), Some("read '01/03/2026 10:00': day and month cannot be told apart"));
    }

    #[test]
    fn noon_and_midnight_are_told_apart() {
        for (text, expected) in [
            ("2026/3/2 9:15:00", Some("2026-03-02T09:15:00")),
            ("12/30/2019 12:02:02 AM", Some("2019-12-30T00:02:02")),
            ("12/30/2019 12:02:02 PM", Some("2019-12-30T12:02:02")),
            ("2026/3/2 下午 3:05", Some("2026-03-02T15:05:00")),
            ("2/30/2019 12:02:02", None),
            ("", None),
        ] {
            assert_eq!(read(text, Some(DateOrder::MonthFirst)).map(|t| t.to_string()).as_deref(), expected, "{text}");
        }
        assert_eq!(read("3/2/2026 9:15:00", None), None);
    }
}
