//! What a field of the set-up may hold, how it is read, and what can be chosen in it.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::lab::analysis::dispatch::When;
use crate::lab::analysis::sequence::System;
use crate::lab::catalogue::{AnalyteKind, MethodKind, PlaceKind, ProducerKind};
use crate::lab::line::silence::{Days, Hours};
use crate::lab::regulation::limit::Kind as LimitKind;
use crate::lab::sampling::form::Class;
use crate::store::agents::Agent;
use crate::store::catalogue::{Analyte, Catalogue, Commodity, Instrument, Method, Place, Plan};
use crate::store::profiles::{PREFIX, Profile};
use crate::web::Shared;
use crate::web::error::Error;
use crate::web::locale::Locale;

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    Text,
    Whole,
    Decimal,
    Date,
    /// One of a closed list of words.
    Word(Words),
    /// A line of another list.
    Line(Other),
    /// A driver of the catalogue.
    Driver,
    /// Days of the week, `1-5`.
    Days,
    /// Hours of the day, `08:00-18:00`.
    Hours,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    Place,
    Producer,
    Analyte,
    Method,
    Limit,
    Requirement,
    Class,
    Transport,
    Parity,
    Orders,
    DataSystem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// Where samples are taken.
    Places,
    Benches,
    Commodities,
    Analytes,
    Methods,
    Instruments,
    Agents,
    Plans,
}

impl Is {
    /// The text as it is stored, one way of writing for one meaning; or the key of what is wrong with it.
    pub fn read(self, text: &str) -> Result<String, &'static str> {
        match self {
            Self::Whole => match text.parse::<u32>() {
                Ok(number) if number <= MOST => Ok(number.to_string()),
                _ => Err("error-field-whole"),
            },
            Self::Decimal => text.parse::<Decimal>().map(|number| number.to_string()).map_err(|_| "error-field-number"),
            Self::Date => text.parse::<Date>().map(|day| day.to_string()).map_err(|_| "error-field-date"),
            Self::Word(words) if words.all().iter().any(|word| word == text) => Ok(text.to_owned()),
            // Whether there is such a profile, the page that keeps the line asks the store.
            Self::Driver if drivers::by_id(text).is_some() || text.starts_with(PREFIX) => Ok(text.to_owned()),
            Self::Line(_) => text.parse::<i64>().map(|id| id.to_string()).map_err(|_| "error-field-choice"),
            Self::Days => text.parse::<Days>().map(|days| days.to_string()).map_err(|_| "error-field-days"),
            Self::Hours => text.parse::<Hours>().map(|hours| hours.to_string()).map_err(|_| "error-field-hours"),
            Self::Text => Ok(text.to_owned()),
            Self::Word(_) | Self::Driver => Err("error-field-choice"),
        }
    }

    pub const fn is_number(self) -> bool {
        matches!(self, Self::Whole | Self::Decimal)
    }

    pub const fn is_choice(self) -> bool {
        matches!(self, Self::Word(_) | Self::Line(_) | Self::Driver)
    }
}

/// Larger than any count, rate or number of digits that a laboratory sets.
const MOST: u32 = 10_000_000;

impl Words {
    pub fn all(self) -> Vec<String> {
        fn words<T: std::fmt::Display>(all: &[T]) -> Vec<String> {
            all.iter().map(T::to_string).collect()
        }
        match self {
            Self::Place => words(PlaceKind::ALL),
            Self::Producer => words(ProducerKind::ALL),
            Self::Analyte => words(AnalyteKind::ALL),
            Self::Method => words(MethodKind::ALL),
            Self::Limit => words(LimitKind::ALL),
            Self::Requirement => words(&["max", "not-detected"]),
            Self::Class => words(Class::ALL),
            Self::Transport => words(&["serial", "tcp-client", "tcp-server", "folder"]),
            Self::Parity => words(&["N", "E", "O"]),
            Self::Orders => words(When::ALL),
            Self::DataSystem => words(System::ALL),
        }
    }

    const fn list(self) -> &'static str {
        match self {
            Self::Place => "place-kind",
            Self::Producer => "producer-kind",
            Self::Analyte => "analyte-kind",
            Self::Method => "method-kind",
            Self::Limit => "limit-kind",
            Self::Requirement => "requirement",
            Self::Class => "class",
            Self::Transport => "transport",
            Self::Parity => "parity",
            Self::Orders => "orders",
            Self::DataSystem => "data-system",
        }
    }
}

/// Value and name of a choice.
pub type Choice = (String, String);

/// What can be chosen in a field; empty where one types. A retired line stays a choice where it is the chosen one.
pub async fn choices(shared: &Shared, l: &Locale, is: Is, chosen: &str) -> Result<Vec<Choice>, Error> {
    match is {
        Is::Text | Is::Whole | Is::Decimal | Is::Date | Is::Days | Is::Hours => Ok(Vec::new()),
        Is::Word(words) => {
            Ok(words.all().into_iter().map(|word| (word.clone(), l.name(words.list(), &word))).collect())
        }
        Is::Driver => {
            let own = shared.store.profiles().await?;
            let usable = |one: &&Profile| one.retired_at.is_none() || chosen == format!("{PREFIX}{}", one.code);
            let own = own
                .iter()
                .filter(usable)
                .map(|one| (format!("{PREFIX}{}", one.code), format!("{} ({PREFIX}{})", one.name, one.code)));
            let built_in = drivers::all().map(|one| {
                (one.id().to_owned(), format!("{} {} ({})", one.maker(), one.models().join(" / "), one.id()))
            });
            Ok(own.chain(built_in).collect())
        }
        Is::Line(other) => lines(shared, l, other, None, chosen).await,
    }
}

/// The names of what stands in a column, by value.
pub async fn names(shared: &Shared, l: &Locale, is: Is, values: Vec<String>) -> Result<Vec<Choice>, Error> {
    match is {
        Is::Line(other) => {
            let ids = values.iter().filter_map(|value| value.parse().ok()).collect();
            lines(shared, l, other, Some(ids), "").await
        }
        _ => choices(shared, l, is, "").await,
    }
}

async fn lines(
    shared: &Shared,
    l: &Locale,
    other: Other,
    ids: Option<Vec<i64>>,
    chosen: &str,
) -> Result<Vec<Choice>, Error> {
    let is_place = |one: &Place, wanted: fn(PlaceKind) -> bool| one.kind.parse().is_ok_and(wanted);
    let all = ids.is_some();
    match other {
        Other::Places => {
            let fits = |one: &Place| all || is_place(one, |kind| !kind.is_ours());
            named::<Place>(shared, ids, chosen, fits, |one| one.name.clone()).await
        }
        Other::Benches => {
            let fits = |one: &Place| all || is_place(one, |kind| kind == PlaceKind::Bench);
            named::<Place>(shared, ids, chosen, fits, |one| one.name.clone()).await
        }
        Other::Commodities => {
            named::<Commodity>(shared, ids, chosen, |_| true, |one| l.pick(&one.name, &one.name_en)).await
        }
        Other::Analytes => named::<Analyte>(shared, ids, chosen, |_| true, |one| l.pick(&one.name, &one.name_en)).await,
        Other::Methods => {
            let name = |one: &Method| format!("{} {}", one.code, l.pick(&one.name, &one.name_en));
            named::<Method>(shared, ids, chosen, |_| true, name).await
        }
        Other::Instruments => {
            named::<Instrument>(shared, ids, chosen, |_| true, |one| format!("{} {}", one.code, one.name)).await
        }
        // A revoked one stays a choice where it is the chosen one.
        Other::Agents => {
            let wanted = |one: &Agent| all || one.revoked_at.is_none() || one.id.to_string() == chosen;
            let agents = shared.store.agents().await?;
            Ok(agents
                .iter()
                .filter(|one| wanted(one))
                .map(|one| (one.id.to_string(), format!("{} {}", one.code, one.name)))
                .collect())
        }
        Other::Plans => named::<Plan>(shared, ids, chosen, |_| true, |one| format!("{} {}", one.code, one.name)).await,
    }
}

async fn named<T: Catalogue>(
    shared: &Shared,
    ids: Option<Vec<i64>>,
    chosen: &str,
    fits: impl Fn(&T) -> bool,
    name: impl Fn(&T) -> String,
) -> Result<Vec<Choice>, Error> {
    let retired_too = ids.is_some();
    let lines: Vec<T> = match ids {
        Some(ids) => shared.store.lines(ids).await?,
        None => shared.store.list().await?,
    };
    let wanted = |one: &T| {
        let value = one.id().to_string();
        let usable = (retired_too || one.cell("retired_at").is_none()) && fits(one);
        (usable || value == chosen).then(|| (value, name(one)))
    };
    Ok(lines.iter().filter_map(wanted).collect())
}
