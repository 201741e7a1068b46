//! Closed lists of words: stored, listed and read back by one name each.

macro_rules! names {
    ($(#[$meta:meta])* $type:ident { $($(#[$note:meta])* $variant:ident => $name:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$note])* $variant),+ }

        impl $type {
            pub const ALL: &[$type] = &[$($type::$variant),+];

            pub const fn name(self) -> &'static str {
                match self { $($type::$variant => $name),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::lab::words::Unknown;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|one| one.name() == text).ok_or_else(|| $crate::lab::words::Unknown {
                    what: stringify!($type),
                    found: text.to_owned(),
                })
            }
        }
    };
}
pub(crate) use names;

/// A word outside a closed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a {what}, found '{found}'")]
pub struct Unknown {
    pub what: &'static str,
    pub found: String,
}
