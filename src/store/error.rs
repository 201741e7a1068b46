//! What can go wrong between the program and its database.

use diesel::result::{DatabaseErrorKind, Error};

/// "Not found" is not in this list: a query answers it with `None`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database answered: {0}")]
    Database(Error),
    #[error("cannot open {url}: {cause}")]
    Unreachable { url: String, cause: String },
    #[error("database_url: expected sqlite://PATH or postgres://…, found '{found}'")]
    Scheme { found: String },
    /// The engine does not keep a promise that the record stands on.
    #[error("{what}: expected {expected}, found {found}")]
    Setting { what: &'static str, expected: String, found: String },
    #[error("the database has migration '{name}', which this program does not know: it is older than its data")]
    Newer { name: String },
    #[error("the database lacks migration '{name}': run `qingke migrate`")]
    Older { name: String },
    /// What is stored cannot be what this program wrote.
    #[error("{table} {id}: {what}")]
    Corrupt { table: &'static str, id: i64, what: String },
    /// Somebody else changed it since it was read.
    #[error("{table} {id} has changed since it was read")]
    Stale { table: &'static str, id: i64 },
    /// A unique name or number is taken already.
    #[error("taken already: {what}")]
    Conflict { what: String },
    /// What a field names once only is there already.
    #[error("{table}: {field} is taken already")]
    Taken { table: &'static str, field: &'static str },
    /// A field refers to a line that is not there.
    #[error("{table}: {field} names a line that does not exist")]
    Unknown { table: &'static str, field: &'static str },
    /// Nobody would be left who may manage people.
    #[error("this is the last administrator")]
    LastAdministrator,
    #[error("no random numbers from the operating system: {0}")]
    Random(String),
    #[error("the program is stopping")]
    Stopping,
}

impl StoreError {
    /// Whether what was to be written is the reason, so that writing it again must fail again; not a database that is away,
    /// busy or full.
    pub fn is_about_content(&self) -> bool {
        use DatabaseErrorKind::{CheckViolation, ForeignKeyViolation, NotNullViolation, UniqueViolation};
        match self {
            Self::Corrupt { .. } | Self::Conflict { .. } | Self::Taken { .. } | Self::Unknown { .. } => true,
            Self::Database(Error::DatabaseError(kind, _)) => {
                matches!(kind, CheckViolation | ForeignKeyViolation | NotNullViolation | UniqueViolation)
            }
            Self::Database(Error::SerializationError(_) | Error::DeserializationError(_)) => true,
            _ => false,
        }
    }

    pub(in crate::store) fn corrupt(table: &'static str, id: i64, what: impl ToString) -> Self {
        Self::Corrupt { table, id, what: what.to_string() }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                Self::Conflict { what: info.message().to_owned() }
            }
            other => Self::Database(other),
        }
    }
}
