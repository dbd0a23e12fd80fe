//! One SQL statement with a name, so that a test can prepare and explain every one of them.

/// A statement as it stands in a `store` file.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// The name of its constant, for reports.
    pub name: &'static str,
    /// The text sent to PostgreSQL.
    pub sql: &'static str,
}

/// Declares the statements of one file, and `STATEMENTS`, the list of them that `tests/statements.rs` walks.
#[macro_export]
macro_rules! statements {
    ($( $(#[$doc:meta])* $name:ident = $sql:expr; )+) => {
        $( $(#[$doc])* pub(super) const $name: $crate::store::Statement = $crate::store::Statement { name: stringify!($name), sql: $sql }; )+
        /// Every statement of this file.
        pub const STATEMENTS: &[$crate::store::Statement] = &[$($name),+];
    };
}

/// Prepares a statement on a transaction's connection, or finds it prepared.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn prepare(transaction: &super::Transaction<'_>, statement: &Statement) -> super::Result<tokio_postgres::Statement> {
    Ok(transaction.prepare_cached(statement.sql).await?)
}
