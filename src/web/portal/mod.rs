//! The public portal: what was published, and nothing that the laboratory has besides.

mod asked;
mod data;
mod front;
mod rates;
mod reply;
mod results;
mod verify;

#[cfg(test)]
mod tests;

use rocket::Route;

/// Every page of the portal.
pub fn group() -> Vec<Route> {
    [front::group(), results::group(), verify::group(), data::group()].concat()
}
