//! What a made-up past has that no command leaves: who people were before they wrote, and who has read what.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::contact::{Contact, Identity};
use crate::domain::ids::WorkspaceId;
use crate::domain::message::Content;
use crate::store::{Error, Result, Store, Transaction, prepare};

crate::statements! {
    CONTACTS = "
        INSERT INTO contacts (workspace_id, id, name, language, created_at)
        SELECT $1, *
        FROM UNNEST($2::uuid[], $3::text[], $4::text[], $5::timestamptz[])";
    IDENTITIES = "
        INSERT INTO contact_identities (workspace_id, kind, value, contact_id)
        SELECT $1, *
        FROM UNNEST($2::text[], $3::text[], $4::uuid[])";
    /// What is over has been read by everybody; what somebody holds, by whoever holds it.
    READS = "
        INSERT INTO reads (workspace_id, conversation_id, user_id, seq)
        SELECT conversations.workspace_id, conversations.id, users.id, conversations.last_seq
        FROM conversations
        JOIN users ON users.workspace_id = conversations.workspace_id
            AND (conversations.state = 'resolved' OR users.id = conversations.agent_id AND conversations.waiting_since IS NULL)
        WHERE conversations.workspace_id = $1";
    /// Whom we may answer now: everybody with something open, and `$2` in any case.
    ANSWERABLE = "
        SELECT DISTINCT ON (identity.value) identity.value, contact.name, message.content
        FROM conversations AS conversation
        JOIN contacts AS contact ON contact.workspace_id = conversation.workspace_id AND contact.id = conversation.contact_id
        JOIN contact_identities AS identity
            ON identity.workspace_id = contact.workspace_id AND identity.contact_id = contact.id AND identity.kind = 'phone'
        JOIN LATERAL (
            SELECT content
            FROM messages
            WHERE messages.workspace_id = conversation.workspace_id
              AND messages.conversation_id = conversation.id
              AND messages.direction = 'inbound'
            ORDER BY messages.seq DESC
            LIMIT 1) AS message ON true
        WHERE conversation.workspace_id = $1
          AND conversation.window_expires_at > now()
          AND (conversation.state <> 'resolved' OR identity.value = ANY($2))
        ORDER BY identity.value, conversation.last_message_at DESC
        LIMIT 200";
}

/// Somebody who wrote, as they were before.
#[derive(Debug, Clone)]
pub struct PastContact {
    pub contact: Contact,
    pub identity: Identity,
    pub since: Timestamp,
}

/// Somebody whom we may answer now.
#[derive(Debug, Clone)]
pub struct Answerable {
    /// Digits.
    pub phone: String,
    pub name: String,
    pub last_words: Content,
}

/// Adds people with what they are called by.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn add_contacts(transaction: &Transaction<'_>, workspace: WorkspaceId, people: &[PastContact]) -> Result<()> {
    let ids: Vec<Uuid> = people.iter().map(|past| past.contact.id.0).collect();
    let names: Vec<&str> = people.iter().map(|past| past.contact.name.as_str()).collect();
    let languages: Vec<Option<&str>> = people.iter().map(|past| past.contact.language.as_deref()).collect();
    let since: Vec<Timestamp> = people.iter().map(|past| past.since).collect();
    let contacts = prepare(transaction, &CONTACTS).await?;
    transaction.execute(&contacts, &[&workspace.0, &ids, &names, &languages, &since]).await?;
    let kinds: Vec<&str> = people.iter().map(|past| past.identity.kind()).collect();
    let values: Vec<&str> = people.iter().map(|past| past.identity.value()).collect();
    let identities = prepare(transaction, &IDENTITIES).await?;
    transaction.execute(&identities, &[&workspace.0, &kinds, &values, &ids]).await?;
    Ok(())
}

/// Whoever may have read what there is, has.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn mark_read(transaction: &Transaction<'_>, workspace: WorkspaceId) -> Result<()> {
    let reads = prepare(transaction, &READS).await?;
    transaction.execute(&reads, &[&workspace.0]).await?;
    Ok(())
}

/// Those with an open conversation and an open window, and those of `phones` with an open window; at most 200.
pub(super) async fn answerable(store: &Store, workspace: WorkspaceId, phones: &[&str]) -> Result<Vec<Answerable>> {
    let rows = store.query(&ANSWERABLE, &[&workspace.0, &phones]).await?;
    rows.iter()
        .map(|row| {
            let last_words = serde_json::from_value(row.try_get(2)?).map_err(Error::from)?;
            Ok(Answerable { phone: row.try_get(0)?, name: row.try_get(1)?, last_words })
        })
        .collect()
}
