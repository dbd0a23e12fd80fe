//! Account notices and kept unknowns: what WhatsApp said that belongs to no conversation.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::reading::value;
use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::{InboxId, WorkspaceId};

crate::statements! {
    INSERT = "
        INSERT INTO notices (workspace_id, id, inbox_id, kind, field, value, digest, at)
        SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::bytea[], $8::timestamptz[])
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
#[derive(Debug, Clone)]
pub struct NewNotice {
    pub workspace: WorkspaceId,
    pub id: Uuid,
    pub inbox: Option<InboxId>,
    /// `account`, `status` or `unknown`.
    pub kind: &'static str,
    pub field: String,
    pub value: serde_json::Value,
    /// WhatsApp's own time of it, if it had one: part of what makes it the same notice.
    pub time: Option<i64>,
    pub at: Timestamp,
}

impl NewNotice {
    /// The same notice delivered again has the same digest.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
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

/// Notices as columns.
pub(super) struct Columns<'a> {
    workspaces: Vec<Uuid>,
    ids: Vec<Uuid>,
    inboxes: Vec<Option<Uuid>>,
    kinds: Vec<&'static str>,
    fields: Vec<&'a str>,
    values: Vec<&'a serde_json::Value>,
    digests: Vec<Vec<u8>>,
    times: Vec<Timestamp>,
}

impl<'a> Columns<'a> {
    pub fn of(notices: &'a [NewNotice]) -> Self {
        Self {
            workspaces: notices.iter().map(|notice| notice.workspace.0).collect(),
            ids: notices.iter().map(|notice| notice.id).collect(),
            inboxes: notices.iter().map(|notice| notice.inbox.map(|inbox| inbox.0)).collect(),
            kinds: notices.iter().map(|notice| notice.kind).collect(),
            fields: notices.iter().map(|notice| notice.field.as_str()).collect(),
            values: notices.iter().map(|notice| &notice.value).collect(),
            digests: notices.iter().map(NewNotice::digest).collect(),
            times: notices.iter().map(|notice| notice.at).collect(),
        }
    }

    pub fn parameters(&self) -> [&(dyn ToSql + Sync); 8] {
        [&self.workspaces, &self.ids, &self.inboxes, &self.kinds, &self.fields, &self.values, &self.digests, &self.times]
    }
}

/// Keeps notices, each once.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn insert(transaction: &Transaction<'_>, notices: &[NewNotice]) -> Result<()> {
    let statement = prepare(transaction, &INSERT).await?;
    transaction.execute(&statement, &Columns::of(notices).parameters()).await?;
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
                value: value(row, 3).ok().flatten().unwrap_or_default(),
                at: row.get(4),
                inbox_name: row.get(5),
            })
            .collect())
    }
}
