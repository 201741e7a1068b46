//! Soft slowing of password guessing: nobody is locked out, but each failure beyond a few doubles the wait
//! (OWASP ASVS 5.0, 6.3.1), for the name that is tried and for the address that tries.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Failures that cost nothing: people mistype.
const FREE_BY_NAME: u32 = 5;
/// A whole laboratory may sit behind one address.
const FREE_BY_ADDRESS: u32 = 30;
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(5);
/// Quiet for so long, and the past is forgotten.
const MEMORY: SignedDuration = SignedDuration::from_mins(30);
/// Beyond so many names and addresses the quiet ones are dropped.
const MOST: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Name(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Tally {
    failures: u32,
    last: Timestamp,
}

/// Failed attempts of the last half hour, in memory: a restart forgives.
#[derive(Debug, Clone, Default)]
pub struct Throttle(Arc<Mutex<HashMap<Key, Tally>>>);

impl Throttle {
    /// Seconds to wait before this name may be tried from this address again; 0 when it may be now.
    pub fn wait(&self, name: &str, address: Option<IpAddr>, now: Timestamp) -> u64 {
        let tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = keys(name, address).into_iter().filter_map(|key| {
            let tally = tallies.get(&key)?;
            let left = tally.last.checked_add(penalty(&key, tally.failures)).ok()?.duration_since(now);
            Some(u64::try_from(left.as_millis()).unwrap_or(0).div_ceil(1_000))
        });
        waits.max().unwrap_or(0)
    }

    pub fn failed(&self, name: &str, address: Option<IpAddr>, now: Timestamp) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tallies.len() > MOST {
            tallies.retain(|_, tally| tally.last.duration_until(now) < MEMORY);
        }
        for key in keys(name, address) {
            let tally = tallies.entry(key).or_insert(Tally { failures: 0, last: now });
            let forgotten = tally.last.duration_until(now) >= MEMORY;
            tally.failures = if forgotten { 1 } else { tally.failures.saturating_add(1) };
            tally.last = now;
        }
    }

    /// The right password clears the name; the address keeps its tally, for others may be tried from it.
    pub fn passed(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&Key::Name(name.to_lowercase()));
    }
}

fn keys(name: &str, address: Option<IpAddr>) -> Vec<Key> {
    let named = Key::Name(name.to_lowercase());
    address.map(network).map(Key::Address).into_iter().chain([named]).collect()
}

/// One customer of a provider holds a whole IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

fn penalty(key: &Key, failures: u32) -> SignedDuration {
    let free = match key {
        Key::Name(_) => FREE_BY_NAME,
        Key::Address(_) => FREE_BY_ADDRESS,
    };
    match failures.checked_sub(free) {
        None => SignedDuration::ZERO,
        Some(beyond) => SignedDuration::from_secs(1_i64 << beyond.min(20)).min(LONGEST_WAIT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn guessing_one_name_gets_slower_and_slower_but_never_stops() {
        let throttle = Throttle::default();
        let waits: Vec<u64> = (0..18)
            .map(|_| {
                throttle.failed("Zhuoma", None, at(0));
                throttle.wait("zhuoma", None, at(0))
            })
            .collect();
        assert_eq!(waits[..8], [0, 0, 0, 0, 1, 2, 4, 8]);
        assert_eq!(*waits.last().unwrap(), 300);
        assert_eq!(throttle.wait("zhuoma", None, at(300)), 0);
        assert_eq!(throttle.wait("tashi", None, at(0)), 0);
        throttle.passed("zhuoma");
        assert_eq!(throttle.wait("zhuoma", None, at(0)), 0);
    }

    #[test]
    fn trying_many_names_from_one_address_slows_that_address() {
        let throttle = Throttle::default();
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::2".parse().unwrap();
        let other: IpAddr = "2001:db8:1::1".parse().unwrap();
        for n in 0..31 {
            throttle.failed(&format!("name {n}"), Some(one), at(0));
        }
        assert_eq!(throttle.wait("fresh", Some(neighbour), at(0)), 2);
        assert_eq!(throttle.wait("fresh", Some(other), at(0)), 0);
    }

    #[test]
    fn half_an_hour_of_quiet_is_forgotten() {
        let throttle = Throttle::default();
        for _ in 0..9 {
            throttle.failed("zhuoma", None, at(0));
        }
        throttle.failed("zhuoma", None, at(1_800));
        assert_eq!(throttle.wait("zhuoma", None, at(1_800)), 0);
    }
}
