//! For the tests of this room: a migrated store on each engine.

#[path = "../../tests/common/engines.rs"]
pub(in crate::store) mod engines;

use super::Store;

pub(in crate::store) fn for_each_engine(work: impl Fn(&Store)) {
    engines::each(|url| {
        let store = Store::open(url).expect("an open store");
        store.migrate().expect("a migrated store");
        work(&store);
    });
}
