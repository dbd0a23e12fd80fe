//! Fields that administrators define.

use tokio_postgres::Row;

use super::{Result, Store};
use crate::domain::details::{Field, FieldKind, FieldOf};
use crate::domain::ids::{FieldId, WorkspaceId};
use crate::domain::setup::value;

crate::statements! {
    ALL = "
        SELECT id, key, label, of_what, kind, choices, shown, locked, position
        FROM fields
        WHERE workspace_id = $1
        ORDER BY of_what, position, id
        LIMIT 2000";
    /// Customers with something in a field of theirs.
    NOTED_OF_CONTACTS = "
        SELECT count(*)
        FROM contacts
        WHERE workspace_id = $1 AND fields <> '{}' AND jsonb_path_query_array(fields, '$.keyvalue().key') ? $2";
    /// Conversations with something in a field of theirs.
    NOTED_OF_CONVERSATIONS = "
        SELECT count(*)
        FROM conversations
        WHERE workspace_id = $1 AND details IS NOT NULL AND jsonb_path_query_array(details -> 'fields', '$.keyvalue().key') ? $2";
}

impl Store {
    /// The fields of a workspace: the customers' first, each kind in its order.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn fields(&self, workspace: WorkspaceId) -> Result<Vec<(FieldId, value::Field)>> {
        Ok(self.query(&ALL, &[&workspace.0]).await?.iter().map(field).collect())
    }

    /// Of how many something is noted in a field.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn noted_in_field(&self, workspace: WorkspaceId, of: FieldOf, key: &str) -> Result<i64> {
        let statement = match of {
            FieldOf::Contact => &NOTED_OF_CONTACTS,
            FieldOf::Conversation => &NOTED_OF_CONVERSATIONS,
        };
        Ok(self.query_opt(statement, &[&workspace.0, &key]).await?.map_or(0, |row| row.get(0)))
    }
}

/// Reads id, key, label, of_what, kind, choices, shown, locked, position. What only a newer version knows is a text of the customer.
pub(super) fn field(row: &Row) -> (FieldId, value::Field) {
    let field = value::Field {
        key: row.get(1),
        label: row.get(2),
        of: FieldOf::read(row.get(3)).unwrap_or(FieldOf::Contact),
        kind: FieldKind::read(row.get(4)).unwrap_or(FieldKind::Text),
        choices: row.get(5),
        shown: row.get(6),
        locked: row.get(7),
        position: row.get(8),
    };
    (FieldId(row.get(0)), field)
}

/// As the rules see it.
pub(super) fn of_rules((_, field): (FieldId, value::Field)) -> Field {
    let value::Field { key, label, of, kind, choices, shown, .. } = field;
    Field { key, label, of, kind, choices, shown }
}
