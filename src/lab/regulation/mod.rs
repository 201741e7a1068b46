//! What the law says of a value: commodities, dated limits and bans, rounding, and the verdict with its reasons.

pub mod ban;
pub mod commodity;
pub mod limit;
pub mod residue;
pub mod rounding;
pub mod screening;
pub mod unit;
pub mod verdict;

/// Lets words of a closed list stand in a snapshot by their names.
macro_rules! by_name {
    ($($type:ident),+) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let name = <String as serde::Deserialize>::deserialize(from)?;
                name.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
pub(crate) use by_name;
