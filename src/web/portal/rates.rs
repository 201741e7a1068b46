//! Rates of compliance by month of sampling, never without the number of samples behind them.
//!
//! Supervision samples with a final verdict count; rapid tests are told beside them and count in no rate.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::chart::svg::Caption;
use crate::chart::trend;
use crate::lab::regulation::verdict::Verdict;
use crate::lab::sampling::form::Class;
use crate::store::published::Tally;
use crate::web::display::Picture;
use crate::web::locale::Locale;

const MONTHS: i32 = 6;

/// One month's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// `2026-11`
    pub name: String,
    pub total: u32,
    pub compliant: u32,
    /// Percent; a dash where nothing was judged.
    pub rate: String,
}

pub struct Rates {
    pub months: Vec<Month>,
    pub picture: Picture,
    pub screened: i64,
    pub monitored: i64,
}

/// The months up to `today`'s, the oldest first.
fn months(today: Date) -> Vec<Date> {
    let first = today.first_of_month();
    (0..MONTHS).rev().map(|ago| first.saturating_sub(ago.months())).collect()
}

pub fn first_month(today: Date) -> String {
    months(today).first().map(|month| month.strftime("%Y-%m").to_string()).unwrap_or_default()
}

pub fn rates(l: &Locale, today: Date, tallies: &[Tally]) -> Rates {
    let counted = |wanted: &dyn Fn(&Tally) -> bool| -> i64 {
        tallies.iter().filter(|tally| wanted(tally)).map(|tally| tally.count).sum()
    };
    let mut rows = Vec::new();
    let mut drawn = Vec::new();
    for month in months(today) {
        let name = month.strftime("%Y-%m").to_string();
        let of = |verdict: Verdict| {
            let found = counted(&|tally: &Tally| {
                tally.month == name && tally.scheme == Class::Supervision && tally.verdict == verdict
            });
            u32::try_from(found).unwrap_or(u32::MAX)
        };
        let compliant = of(Verdict::Compliant);
        let total = compliant.saturating_add(of(Verdict::NonCompliant));
        let point = trend::Month { label: l.name("public-month", month.month()), compliant, total };
        rows.push(Month { rate: rate(&point), name, total, compliant });
        drawn.push(point);
    }
    let (title, description) = (l.t("rates-title"), l.t("rates-description"));
    Rates {
        picture: Picture(trend::draw(&drawn, Caption { title: &title, description: &description })),
        months: rows,
        screened: counted(&|tally| matches!(tally.verdict, Verdict::ScreeningNegative | Verdict::ScreeningPositive)),
        monitored: counted(&|tally| {
            tally.scheme == Class::Routine && matches!(tally.verdict, Verdict::Compliant | Verdict::NonCompliant)
        }),
    }
}

/// 100 only when every sample complies.
fn rate(month: &trend::Month) -> String {
    match month.rate() {
        Some(rate) if month.compliant < month.total => format!("{:.1}%", (rate * 10.0).floor() / 10.0),
        Some(_) => "100%".to_owned(),
        None => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::web::locale::Lang;

    #[test]
    fn rapid_tests_and_monitoring_stand_beside_the_rate_and_never_in_it() {
        let l = Locale { lang: Lang::Zh, zone: TimeZone::UTC, now: Timestamp::UNIX_EPOCH };
        let tally = |scheme, verdict, count| Tally { month: "2026-11".to_owned(), scheme, verdict, count };
        let told = rates(
            &l,
            "2026-11-30".parse().unwrap(),
            &[
                tally(Class::Supervision, Verdict::Compliant, 9),
                tally(Class::Supervision, Verdict::NonCompliant, 1),
                tally(Class::Supervision, Verdict::ScreeningNegative, 40),
                tally(Class::Routine, Verdict::Compliant, 5),
            ],
        );
        let last = told.months.last().unwrap();
        assert_eq!((last.name.as_str(), last.total, last.rate.as_str()), ("2026-11", 10, "90.0%"));
        assert_eq!((told.screened, told.monitored), (40, 5));
        assert_eq!(told.months.first().unwrap().name, "2026-06");
        assert_eq!(told.months.first().unwrap().rate, "–");
    }
}
