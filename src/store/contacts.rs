//! Contacts, and the names WhatsApp knows them by.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::reading::{if_known, value};
use super::{Result, Store, Transaction, prepare};
use crate::domain::contact::{Contact, Identity};
use crate::domain::ids::{ContactId, WorkspaceId};

crate::statements! {
    /// The lock of everything that happens to a contact.
    /// Rows that only refer to the contact are not held up.
    LOCK = "SELECT id, name, language, fields, address, username FROM contacts WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE";
    /// As [`LOCK`], but nobody is waited for.
    LOCK_IF_FREE = "SELECT id, name, language, fields, address, username FROM contacts WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE NOWAIT";
    /// What did not change is not written: it may be a newer version's, which this one does not understand.
    UPDATE = "
        UPDATE contacts
        SET name = $3, language = $4, fields = (fields - $5::text[]) || $6, address = coalesce($7, address), username = $8
        WHERE workspace_id = $1 AND id = $2";
    FIND = "
        SELECT identity.kind, identity.value, identity.contact_id, identity.standing,
            ARRAY(SELECT other.value
                  FROM contact_identities AS other
                  WHERE other.workspace_id = $1 AND other.contact_id = identity.contact_id AND other.kind = 'user_id'
                  LIMIT 20)
        FROM contact_identities AS identity
        JOIN UNNEST($2::text[], $3::text[]) AS wanted (kind, value) USING (kind, value)
        WHERE identity.workspace_id = $1";
    INSERT = "INSERT INTO contacts (workspace_id, id, name) SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::text[])";
    /// One that is somebody's by now is a fault: whoever met them is to look again.
    INSERT_IDENTITIES = "
        INSERT INTO contact_identities (workspace_id, kind, value, contact_id)
        SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::uuid[])";
    /// Names that are another contact's from now on, or stand otherwise.
    MOVE_IDENTITIES = "
        UPDATE contact_identities AS identity
        SET contact_id = moved.contact_id, standing = moved.standing, joined_from = moved.joined_from
        FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::uuid[])
            AS moved (workspace_id, kind, value, contact_id, standing, joined_from)
        WHERE identity.workspace_id = moved.workspace_id AND identity.kind = moved.kind AND identity.value = moved.value";
    /// What was taken over from another contact is that one's again, and is not joined a second time.
    PART = "
        UPDATE contact_identities
        SET contact_id = joined_from, joined_from = NULL, standing = 'apart'
        WHERE workspace_id = $1 AND contact_id = $2 AND joined_from = $3";
    IS_JOINED = "
        SELECT EXISTS (
            SELECT FROM contact_identities WHERE workspace_id = $1 AND contact_id = $2 AND joined_from = $3)";
    /// Contacts in the order of their conversations: under way first, then the latest.
    BY_CONVERSATION = "
        SELECT contact_id
        FROM conversations
        WHERE workspace_id = $1 AND contact_id = ANY($2)
        ORDER BY state <> 'resolved' DESC, last_message_at DESC
        LIMIT 1000";
    IDENTITIES = "
        SELECT kind, value
        FROM contact_identities
        WHERE workspace_id = $1 AND contact_id = $2
        ORDER BY kind, value
        LIMIT 20";
}

/// Contacts found by identity.
pub type Found = HashMap<Identity, Known>;

/// Whose an identity is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub owner: ContactId,
    pub standing: Standing,
    /// The user ids of its owner.
    pub user_ids: Vec<String>,
}

/// What an identity is to its contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Current,
    /// A number that its owner has left for another one: whoever writes from it is somebody new.
    Former,
    /// A person said that it is not to be joined with another contact's.
    Apart,
}

impl Standing {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Current => "current",
            Standing::Former => "former",
            Standing::Apart => "apart",
        }
    }

    /// What a newer version may say is left to be joined by that one.
    fn read(stored: &str) -> Self {
        match stored {
            "current" => Standing::Current,
            "former" => Standing::Former,
            _ => Standing::Apart,
        }
    }
}

/// Reads a contact's row: id, name, language, fields, address, username, from column `first` on.
pub(super) fn contact(row: &Row, first: usize) -> Contact {
    Contact {
        id: ContactId(row.get(first)),
        name: row.get(first + 1),
        language: row.get(first + 2),
        fields: fields(row, first + 3),
        address: if_known(row, first + 4),
        username: row.get(first + 5),
    }
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
    let address = contact.address.as_ref().map(serde_json::to_value).transpose()?;
    let Contact { id, name, language, username, .. } = contact;
    transaction.execute(&statement, &[&workspace.0, &id.0, name, language, &gone, &noted, &address, username]).await?;
    Ok(())
}

pub(super) fn identity(kind: &str, value: String) -> Result<Identity> {
    match kind {
        "phone" => Ok(Identity::Phone(value)),
        "user_id" => Ok(Identity::UserId(value)),
        other => Err(super::Error::Unreadable(format!("identity kind {other}"))),
    }
}

fn known(row: &Row) -> Known {
    Known { owner: ContactId(row.get(2)), standing: Standing::read(row.get(3)), user_ids: row.get(4) }
}

/// Whether a contact has something that it took over from another one.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn is_joined(transaction: &Transaction<'_>, workspace: WorkspaceId, contact: ContactId, other: ContactId) -> Result<bool> {
    let statement = prepare(transaction, &IS_JOINED).await?;
    Ok(transaction.query_one(&statement, &[&workspace.0, &contact.0, &other.0]).await?.get(0))
}

/// Gives back what a contact took over from another one when the two were joined.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn part(transaction: &Transaction<'_>, workspace: WorkspaceId, contact: ContactId, other: ContactId) -> Result<()> {
    let statement = prepare(transaction, &PART).await?;
    transaction.execute(&statement, &[&workspace.0, &contact.0, &other.0]).await?;
    Ok(())
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
        Ok(rows.iter().filter_map(|row| Some((identity(row.get(0), row.get(1)).ok()?, known(row)))).collect())
    }

    /// Those of these contacts that have conversations: the one with a conversation under way first, then by the latest message.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn by_conversation(&self, workspace: WorkspaceId, contacts: &[ContactId]) -> Result<Vec<ContactId>> {
        let ids: Vec<Uuid> = contacts.iter().map(|contact| contact.0).collect();
        let rows = self.query(&BY_CONVERSATION, &[&workspace.0, &ids]).await?;
        Ok(rows.iter().map(|row| ContactId(row.get(0))).collect())
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
