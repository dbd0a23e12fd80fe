//! Account notices and kept unknowns: what WhatsApp said that belongs to no conversation.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::{InboxId, WorkspaceId};

crate::statements! {
    INSERT = "
        INSERT INTO notices (workspace_id, id, inbox_id, kind, field, value, digest, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (workspace_id, digest) DO NOTHING";
    LATEST = "
        SELECT notice.id, notice.kind, notice.field, notice.value, notice.at, inbox.name
        FROM notices AS notice
        LEFT JOIN inboxes AS inbox ON inbox.workspace_id = notice.workspace_id AND inbox.id = notice.inbox_id
        WHERE notice.workspace_id = $1
        ORDER BY notice.at DESC, notice.id DESC
        LIMIT $2";
}

/// Something WhatsApp said, as it came.
#[derive(Debug)]
pub struct NewNotice<'a> {
    pub workspace: WorkspaceId,
    pub id: Uuid,
    pub inbox: Option<InboxId>,
    /// `account`, `status` or `unknown`.
    pub kind: &'static str,
    pub field: &'a str,
    pub value: &'a serde_json::Value,
    /// WhatsApp's own time of it, if it had one: part of what makes it the same notice.
    pub time: Option<i64>,
    pub at: Timestamp,
}

impl NewNotice<'_> {
    /// The same notice delivered again has the same digest.
    fn digest(&self) -> Vec<u8> {
        let inbox = self.inbox.map(|inbox| inbox.to_string()).unwrap_or_default();
        Sha256::digest(format!("{}\n{inbox}\n{:?}\n{}", self.field, self.time, self.value)).to_vec()
    }
}

/// A notice as the admin list shows it.
#[derive(Debug)]
pub struct Notice {
    pub id: Uuid,
    pub kind: String,
    pub field: String,
    pub value: serde_json::Value,
    pub at: Timestamp,
    pub inbox_name: Option<String>,
}

/// Keeps a notice, once.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn insert(transaction: &Transaction<'_>, notice: &NewNotice<'_>) -> Result<()> {
    let statement = prepare(transaction, &INSERT).await?;
    transaction
        .execute(
            &statement,
            &[
                &notice.workspace.0,
                &notice.id,
                &notice.inbox.map(|inbox| inbox.0),
                &notice.kind,
                &notice.field,
                &notice.value,
                &notice.digest(),
                &notice.at,
            ],
        )
        .await?;
    Ok(())
}

impl Store {
    /// The latest notices of a workspace.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn notices(&self, workspace: WorkspaceId, limit: i64) -> Result<Vec<Notice>> {
        let rows = self.query(&LATEST, &[&workspace.0, &limit]).await?;
        Ok(rows
            .iter()
            .map(|row| Notice {
                id: row.get(0),
                kind: row.get(1),
                field: row.get(2),
                value: row.get(3),
                at: row.get(4),
                inbox_name: row.get(5),
            })
            .collect())
    }
}
