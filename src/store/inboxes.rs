//! Connected WhatsApp numbers.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{Result, Store};
use crate::domain::ids::{FlowId, InboxId, QueueId, WorkspaceId};
use crate::domain::inbox::Inbox;

crate::statements! {
    ALL = "
        SELECT workspace_id, id, name, app_id, phone_number_id, waba_id, access_token, flow_id, default_queue_id, reopen_hours
        FROM inboxes
        ORDER BY workspace_id, id
        LIMIT 10000";
    INSERT = "
        INSERT INTO inboxes (
            workspace_id, id, name, app_id, phone_number_id, waba_id, display_phone_number, access_token, flow_id, default_queue_id,
            reopen_hours, rate_per_second)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
}

/// A number with what is needed to speak for it.
#[derive(Debug, Clone)]
pub struct Connection {
    pub workspace: WorkspaceId,
    pub inbox: Inbox,
    pub app_id: String,
    pub phone_number_id: String,
    pub waba_id: String,
    pub access_token: String,
}

/// A number to be connected.
#[derive(Debug, Clone)]
pub struct NewInbox {
    pub workspace: WorkspaceId,
    pub inbox: Inbox,
    pub app_id: String,
    pub phone_number_id: String,
    pub waba_id: String,
    pub display_phone_number: String,
    pub access_token: String,
    /// Messages a second that WhatsApp takes from it (Meta: 80 unless raised).
    pub rate_per_second: i32,
}

impl Store {
    /// Every connected number of the installation; small, and cached by who needs it.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connections(&self) -> Result<Vec<Connection>> {
        Ok(self.query(&ALL, &[]).await?.iter().map(connection).collect())
    }

    /// Connects a number.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn add_inbox(&self, new: &NewInbox) -> Result<()> {
        let reopen_hours = i32::try_from(new.inbox.reopen_hours).unwrap_or(i32::MAX);
        self.execute(
            &INSERT,
            &[
                &new.workspace.0,
                &new.inbox.id.0,
                &new.inbox.name,
                &new.app_id,
                &new.phone_number_id,
                &new.waba_id,
                &new.display_phone_number,
                &new.access_token,
                &new.inbox.flow.map(|flow| flow.0),
                &new.inbox.default_queue.0,
                &reopen_hours,
                &new.rate_per_second,
            ],
        )
        .await?;
        Ok(())
    }
}

fn connection(row: &Row) -> Connection {
    Connection {
        workspace: WorkspaceId(row.get(0)),
        inbox: Inbox {
            id: InboxId(row.get(1)),
            name: row.get(2),
            flow: row.get::<_, Option<Uuid>>(7).map(FlowId),
            default_queue: QueueId(row.get(8)),
            reopen_hours: u32::try_from(row.get::<_, i32>(9)).unwrap_or(0),
        },
        app_id: row.get(3),
        phone_number_id: row.get(4),
        waba_id: row.get(5),
        access_token: row.get(6),
    }
}
