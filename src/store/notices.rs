//! Account notices and kept unknowns: what WhatsApp said that belongs to no conversation.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::reading::value;
use super::statement::Step;
use super::{Result, Store};
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
    /// `account`, `status`, `paused` or `unknown`.
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

/// Keeps notices, each once.
pub(super) fn insert(notices: &[NewNotice]) -> Step {
    Step::of(INSERT)
        .with(notices.iter().map(|notice| notice.workspace.0).collect::<Vec<_>>())
        .with(notices.iter().map(|notice| notice.id).collect::<Vec<_>>())
        .with(notices.iter().map(|notice| notice.inbox.map(|inbox| inbox.0)).collect::<Vec<_>>())
        .with(notices.iter().map(|notice| notice.kind.to_owned()).collect::<Vec<_>>())
        .with(notices.iter().map(|notice| notice.field.clone()).collect::<Vec<_>>())
        .with(notices.iter().map(|notice| notice.value.clone()).collect::<Vec<_>>())
        .with(notices.iter().map(NewNotice::digest).collect::<Vec<_>>())
        .with(notices.iter().map(|notice| notice.at).collect::<Vec<_>>())
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
