//! The laboratory's set-up by pages: every list with its lines and one form for a line, made from one description.

/// Does the same for the type of whichever list was asked for.
macro_rules! of_list {
    ($list:expr, $work:ident ( $($arg:expr),* )) => {
        match $list.name {
            "laboratory" => $work::<Laboratory>($($arg),*).await,
            "places" => $work::<Place>($($arg),*).await,
            "producers" => $work::<Producer>($($arg),*).await,
            "commodities" => $work::<Commodity>($($arg),*).await,
            "analytes" => $work::<Analyte>($($arg),*).await,
            "instruments" => $work::<Instrument>($($arg),*).await,
            "methods" => $work::<Method>($($arg),*).await,
            "method-analytes" => $work::<MethodAnalyte>($($arg),*).await,
            "maps" => $work::<AnalyteMap>($($arg),*).await,
            "limits" => $work::<LimitValue>($($arg),*).await,
            "plans" => $work::<Plan>($($arg),*).await,
            "plan-items" => $work::<PlanItem>($($arg),*).await,
            "controls" => $work::<ControlMaterial>($($arg),*).await,
            _ => Err(Error::NotFound),
        }
    };
}

mod codes;
mod contents;
mod fields;
mod line;
mod lists;
mod overview;
mod people;
mod rules;
mod table;

use rocket::Route;

use self::lists::{LISTS, List};
use super::error::Error;

fn list_named(name: &str) -> Result<&'static List, Error> {
    LISTS.iter().find(|list| list.name == name).ok_or(Error::NotFound)
}

pub fn group() -> Vec<Route> {
    [overview::group(), table::group(), line::group(), people::group()].concat()
}

#[cfg(test)]
mod tests;
