//! One SQL statement with a name, so that a test can prepare and explain every one of them.

use tokio_postgres::types::ToSql;

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

/// One statement with its parameters, ready to be sent.
pub struct Step {
    pub(super) statement: Statement,
    pub(super) parameters: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Step {
    /// A step of this statement; its parameters follow by [`with`](Self::with), in their order.
    pub(super) fn of(statement: Statement) -> Self {
        Self { statement, parameters: Vec::with_capacity(8) }
    }

    pub(super) fn with(mut self, parameter: impl ToSql + Sync + Send + 'static) -> Self {
        self.parameters.push(Box::new(parameter));
        self
    }
}

/// Prepares a statement on a transaction's connection, or finds it prepared.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn prepare(transaction: &super::Transaction<'_>, statement: &Statement) -> super::Result<tokio_postgres::Statement> {
    Ok(transaction.prepare_cached(statement.sql).await?)
}

/// Words that a pattern of `LIKE` takes as they are.
pub(super) fn literal(words: &str) -> String {
    words.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
}
