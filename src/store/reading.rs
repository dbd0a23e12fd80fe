//! Reading JSON that is stored. It was written by some version of Baton, on some day: whatever it holds, it is never a panic.

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_postgres::Row;

use super::{Error, Result};

/// A column of JSON, as it is.
///
/// # Errors
/// [`Error::Unreadable`] when PostgreSQL gives back what JSON readers do not take (a number beyond all bounds).
pub(super) fn value(row: &Row, column: usize) -> Result<Option<Value>> {
    row.try_get(column).map_err(|error| Error::Unreadable(error.to_string()))
}

/// A column of JSON that may be empty, understood.
///
/// # Errors
/// [`Error::Unreadable`] when this version does not understand it.
pub(super) fn optional<T: DeserializeOwned>(row: &Row, column: usize) -> Result<Option<T>> {
    value(row, column)?.map(|value| Ok(serde_json::from_value(value)?)).transpose()
}

/// A column of JSON that a page can do without: nothing when this version does not understand it.
pub(super) fn if_known<T: DeserializeOwned>(row: &Row, column: usize) -> Option<T> {
    optional(row, column).ok().flatten()
}

/// Whether anything stands in a column of JSON, understood or not.
pub(super) fn is_there(row: &Row, column: usize) -> bool {
    !matches!(value(row, column), Ok(None))
}

/// A column of JSON, understood.
///
/// # Errors
/// As [`optional`], and when it is empty.
pub(super) fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T> {
    optional(row, column)?.ok_or_else(|| Error::Unreadable("nothing stands where JSON is expected".to_owned()))
}
