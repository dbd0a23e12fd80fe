//! What can go wrong with the database.

use std::fmt;

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

/// A fault of the database; the person sees only that something failed, the log sees this.
#[derive(thiserror::Error)]
pub enum Error {
    #[error("the database cannot be reached: {0}")]
    Away(String),
    /// Never told as the source of this: what it says may quote what a customer wrote.
    #[error("{}", said(.0))]
    Refused(tokio_postgres::Error),
    #[error("a stored value cannot be read: {0}")]
    Unreadable(String),
}

/// As it is told: whoever logs it in this way, as libraries do with what ends an answer, quotes nobody either.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether waiting and trying again may help: the server is away, restarting, or lost this connection.
    #[must_use]
    pub fn is_away(&self) -> bool {
        match self {
            Error::Away(_) => true,
            Error::Refused(error) => error.is_closed() || error.code().is_none_or(|code| is_outage(code.code())),
            Error::Unreadable(_) => false,
        }
    }

    /// Whether somebody else held what was needed for longer than a statement waits, or a time-out of ours ended it.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        const BUSY: [SqlState; 3] = [SqlState::LOCK_NOT_AVAILABLE, SqlState::QUERY_CANCELED, SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT];
        self.code().is_some_and(|code| BUSY.contains(code))
    }

    /// Whether the same transaction may simply be run again (deadlock, serialisation).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.code().is_some_and(|code| [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code))
    }

    /// Whether it is what was to be stored that cannot be: a value out of range, or a row that contradicts another
    /// (classes 22 and 23).
    #[must_use]
    pub fn is_of_the_data(&self) -> bool {
        self.code().is_some_and(|code| code.code().starts_with("22") || code.code().starts_with("23"))
    }

    /// Whether it is a text with a character that PostgreSQL keeps nowhere (NUL), or none of UTF-8.
    #[must_use]
    pub fn is_of_a_character(&self) -> bool {
        const OF_CHARACTERS: [SqlState; 2] = [SqlState::CHARACTER_NOT_IN_REPERTOIRE, SqlState::UNTRANSLATABLE_CHARACTER];
        self.code().is_some_and(|code| OF_CHARACTERS.contains(code))
    }

    /// Whether a statement said so that what was sent with it is to be undone: it was decided from what is no more.
    #[must_use]
    pub fn is_overtaken(&self) -> bool {
        self.code() == Some(&SqlState::DIVISION_BY_ZERO)
    }

    /// Whether it says nothing about what was to be done: the same may succeed later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.is_away() || self.is_busy() || self.is_retryable()
    }

    /// The constraint or index that what was to be stored would have had to be alone in.
    #[must_use]
    pub fn broken_uniqueness(&self) -> Option<&str> {
        let Error::Refused(error) = self else { return None };
        let said = error.as_db_error().filter(|said| said.code() == &SqlState::UNIQUE_VIOLATION)?;
        said.constraint()
    }

    fn code(&self) -> Option<&SqlState> {
        match self {
            Error::Refused(error) => error.code(),
            Error::Away(_) | Error::Unreadable(_) => None,
        }
    }
}

/// What a person reads of it.
fn said(error: &tokio_postgres::Error) -> String {
    if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) {
        return "somebody else is changing the same thing at this moment; try again".to_owned();
    }
    format!("the database refused: {}", without_values(error))
}

/// What PostgreSQL said, without its message: that may quote what a customer wrote. The code is its
/// [SQLSTATE](https://www.postgresql.org/docs/current/errcodes-appendix.html).
fn without_values(error: &tokio_postgres::Error) -> String {
    let Some(said) = error.as_db_error() else { return error.to_string() };
    let places = [("table", said.table()), ("column", said.column()), ("constraint", said.constraint())];
    let places = places.into_iter().filter_map(|(kind, name)| Some(format!(", {kind} {}", name?)));
    format!("SQLSTATE {}{}", said.code().code(), places.collect::<String>())
}

/// Classes 08 (connection), 53 (resources), 57P0x (shutting down, starting up).
fn is_outage(code: &str) -> bool {
    code.starts_with("08") || code.starts_with("53") || code.starts_with("57P")
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Error::Refused(error)
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) if error.code().is_some() => Error::Refused(error),
            other => Error::Away(other.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::Unreadable(error.to_string())
    }
}
