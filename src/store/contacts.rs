//! Contacts, and the names WhatsApp knows them by.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use tokio_postgres::Row;

use super::reading::value;
use super::{Result, Store, Transaction, prepare};
use crate::domain::contact::{Contact, Identity};
use crate::domain::ids::{ContactId, WorkspaceId};

crate::statements! {
    /// The lock of everything that happens to a contact.
    /// Rows that only refer to the contact are not held up.
    LOCK = "SELECT id, name, language, fields FROM contacts WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE";
    /// As [`LOCK`], but nobody is waited for.
    LOCK_IF_FREE = "SELECT id, name, language, fields FROM contacts WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE NOWAIT";
    /// What did not change is not written: it may be a newer version's, which this one does not understand.
    UPDATE = "
        UPDATE contacts
        SET name = $3, language = $4, fields = (fields - $5::text[]) || $6
        WHERE workspace_id = $1 AND id = $2";
    FIND = "
        SELECT identity.kind, identity.value, identity.contact_id
        FROM contact_identities AS identity
        JOIN UNNEST($2::text[], $3::text[]) AS wanted (kind, value) USING (kind, value)
        WHERE identity.workspace_id = $1";
    INSERT = "INSERT INTO contacts (workspace_id, id, name) SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::text[])";
    /// One that is somebody's by now is a fault: whoever met them is to look again.
    INSERT_IDENTITIES = "
        INSERT INTO contact_identities (workspace_id, kind, value, contact_id)
        SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::uuid[])";
    IDENTITIES = "
        SELECT kind, value
        FROM contact_identities
        WHERE workspace_id = $1 AND contact_id = $2
        ORDER BY kind, value
        LIMIT 20";
}

/// Contacts found by identity.
pub type Found = HashMap<Identity, ContactId>;

/// Reads a contact's row: id, name, language, fields, from column `first` on.
pub(super) fn contact(row: &Row, first: usize) -> Contact {
    Contact { id: ContactId(row.get(first)), name: row.get(first + 1), language: row.get(first + 2), fields: fields(row, first + 3) }
}

/// Fields are text; whatever else a newer version may note is shown as it is written.
fn fields(row: &Row, column: usize) -> BTreeMap<String, String> {
    let Ok(Some(Value::Object(fields))) = value(row, column) else { return BTreeMap::new() };
    let text = |value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    fields.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// Whether to wait for whoever has a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Wait,
    Refuse,
}

/// Locks the contact's row until the transaction ends.
///
/// # Errors
/// As PostgreSQL answers; [`is_busy`](super::Error::is_busy) when somebody has it and is not waited for, or has it for too long.
pub async fn lock(transaction: &Transaction<'_>, workspace: WorkspaceId, id: ContactId, taken: Taken) -> Result<Option<Contact>> {
    let statement = prepare(transaction, if taken == Taken::Wait { &LOCK } else { &LOCK_IF_FREE }).await?;
    Ok(transaction.query_opt(&statement, &[&workspace.0, &id.0]).await?.map(|row| contact(&row, 0)))
}

/// Writes what changed of a contact.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn update(transaction: &Transaction<'_>, workspace: WorkspaceId, before: &Contact, contact: &Contact) -> Result<()> {
    let statement = prepare(transaction, &UPDATE).await?;
    let gone: Vec<&str> = before.fields.keys().filter(|name| !contact.fields.contains_key(*name)).map(String::as_str).collect();
    let noted: BTreeMap<_, _> = contact.fields.iter().filter(|(name, value)| before.fields.get(*name) != Some(*value)).collect();
    let noted = serde_json::to_value(noted)?;
    transaction.execute(&statement, &[&workspace.0, &contact.id.0, &contact.name, &contact.language, &gone, &noted]).await?;
    Ok(())
}

pub(super) fn identity(kind: &str, value: String) -> Result<Identity> {
    match kind {
        "phone" => Ok(Identity::Phone(value)),
        "user_id" => Ok(Identity::UserId(value)),
        other => Err(super::Error::Unreadable(format!("identity kind {other}"))),
    }
}

impl Store {
    /// Finds contacts by what WhatsApp calls them.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn find_contacts(&self, workspace: WorkspaceId, identities: &[&Identity]) -> Result<Found> {
        let kinds: Vec<&str> = identities.iter().map(|identity| identity.kind()).collect();
        let values: Vec<&str> = identities.iter().map(|identity| identity.value()).collect();
        let rows = self.query(&FIND, &[&workspace.0, &kinds, &values]).await?;
        Ok(rows.iter().filter_map(|row| Some((identity(row.get(0), row.get(1)).ok()?, ContactId(row.get(2))))).collect())
    }

    /// What WhatsApp calls a contact by, phone first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn identities(&self, workspace: WorkspaceId, contact: ContactId) -> Result<Vec<Identity>> {
        let rows = self.query(&IDENTITIES, &[&workspace.0, &contact.0]).await?;
        Ok(rows.iter().filter_map(|row| identity(row.get(0), row.get(1)).ok()).collect())
    }
}
