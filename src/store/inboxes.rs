//! Connected WhatsApp numbers.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::apps::{self, App, IfKnown};
use super::sealed::{Keys, Place};
use super::workplace::{self, NewFlow};
use super::{Error, Result, Store, Transaction, prepare};
use crate::domain::channel::Channel;
use crate::domain::ids::{FlowId, InboxId, QueueId, WorkspaceId};
use crate::domain::inbox::Inbox;

/// The columns of a connection, in the order that [`connection`] reads them.
macro_rules! columns {
    () => {
        "workspace_id, id, name, channel, app_id, phone_number_id, waba_id, access_token, flow_id, default_queue_id, reopen_hours"
    };
}

crate::statements! {
    ALL = concat!("
        SELECT ", columns!(), "
        FROM inboxes
        ORDER BY workspace_id, id
        LIMIT 10000");
    OF_WORKSPACE = concat!("
        SELECT ", columns!(), "
        FROM inboxes
        WHERE workspace_id = $1
        ORDER BY id
        LIMIT 10000");
    OF_NUMBERS = concat!("
        SELECT ", columns!(), "
        FROM inboxes
        WHERE app_id = $1 AND phone_number_id = ANY($2)");
    /// A new token ends a pause that the old one was the reason of, and what waits for that is due.
    SET_ACCESS_TOKEN = "
        WITH inbox AS (
            UPDATE inboxes
            SET access_token = $3
            WHERE workspace_id = $1 AND id = $2
            RETURNING workspace_id, id
        ), due AS (
            UPDATE outbox
            SET due_at = now()
            FROM inbox
            WHERE outbox.workspace_id = $1 AND outbox.inbox_id = inbox.id AND outbox.state = 'queued' AND outbox.due_at > now())
        UPDATE allowances
        SET paused_until = NULL, pause_reason = NULL
        FROM inbox
        WHERE allowances.workspace_id = $1 AND allowances.inbox_id = inbox.id";
    OF_ACCOUNTS = "
        SELECT DISTINCT waba_id, workspace_id
        FROM inboxes
        WHERE app_id = $1 AND waba_id = ANY($2)
        ORDER BY waba_id, workspace_id
        LIMIT 1000";
    INSERT = "
        WITH inbox AS (
            INSERT INTO inboxes (
                workspace_id, id, name, channel, app_id, phone_number_id, waba_id, display_phone_number, access_token, flow_id,
                default_queue_id, reopen_hours)
            VALUES ($1, $2, $3, $13, $4, $5, $6, $7, $8, $9, $10, $11)
            RETURNING workspace_id, id)
        INSERT INTO allowances (workspace_id, inbox_id, rate_per_second)
        SELECT workspace_id, id, $12
        FROM inbox";
}

/// A number with what is needed to speak for it.
#[derive(Debug, Clone)]
pub struct Connection {
    pub workspace: WorkspaceId,
    pub inbox: Inbox,
    pub app_id: String,
    pub phone_number_id: String,
    pub waba_id: String,
    /// Nothing when none of this node's keys opens it.
    pub access_token: Option<String>,
}

impl Connection {
    /// What its sends are authorised by.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when this node cannot open it; another one may.
    pub fn token(&self) -> Result<&str> {
        self.access_token.as_deref().ok_or_else(|| Error::Unreadable("the access token is sealed with a key that is not here".to_owned()))
    }
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
    /// The connected numbers of the installation; ten thousand of them at most.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connections(&self) -> Result<Vec<Connection>> {
        Ok(self.query(&ALL, &[]).await?.iter().map(|row| connection(self.keys(), row)).collect())
    }

    /// The connected numbers of a workspace.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connections_of(&self, workspace: WorkspaceId) -> Result<Vec<Connection>> {
        Ok(self.query(&OF_WORKSPACE, &[&workspace.0]).await?.iter().map(|row| connection(self.keys(), row)).collect())
    }

    /// Those of these numbers that are connected through this app.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connections_of_numbers(&self, app_id: &str, phone_number_ids: &[&str]) -> Result<Vec<Connection>> {
        Ok(self.query(&OF_NUMBERS, &[&app_id, &phone_number_ids]).await?.iter().map(|row| connection(self.keys(), row)).collect())
    }

    /// The workspaces with numbers of these business accounts that are connected through this app.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn owners_of_accounts(&self, app_id: &str, waba_ids: &[&str]) -> Result<Vec<(String, WorkspaceId)>> {
        let rows = self.query(&OF_ACCOUNTS, &[&app_id, &waba_ids]).await?;
        Ok(rows.iter().map(|row| (row.get(0), WorkspaceId(row.get(1)))).collect())
    }

    /// Gives a number another access token, and lets it send at once.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_access_token(&self, workspace: WorkspaceId, inbox: InboxId, access_token: &str) -> Result<()> {
        let sealed = sealed_token(self.keys(), inbox, access_token)?;
        self.execute(&SET_ACCESS_TOKEN, &[&workspace.0, &inbox.0, &sealed]).await?;
        Ok(())
    }

    /// Connects a number.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn add_inbox(&self, new: &NewInbox) -> Result<()> {
        let mut client = self.client().await?;
        let transaction = Transaction::begin(&mut client);
        insert(&transaction, self.keys(), new).await?;
        transaction.commit().await
    }

    /// Connects a number: its app, its flow, published, and itself; or none of them. False, and none of them, when the app is known
    /// under other secrets that are to be kept.
    ///
    /// # Errors
    /// As PostgreSQL answers; [`is_taken`](super::users::is_taken) when the number is connected already.
    pub async fn connect(&self, app: &App, known: IfKnown, flow: Option<&NewFlow>, new: &NewInbox) -> Result<bool> {
        let mut client = self.client().await?;
        let transaction = Transaction::begin(&mut client);
        if !apps::save(&transaction, self.keys(), app, known).await? {
            return Ok(false);
        }
        if let Some(flow) = flow {
            workplace::add_published(&transaction, new.workspace, flow).await?;
        }
        insert(&transaction, self.keys(), new).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

fn sealed_token(keys: &Keys, inbox: InboxId, access_token: &str) -> Result<String> {
    let row = inbox.to_string();
    keys.seal(token(&row), access_token.as_bytes())
}

pub(super) fn token(inbox: &str) -> Place<'_> {
    Place { table: "inboxes", row: inbox, column: "access_token" }
}

async fn insert(transaction: &Transaction<'_>, keys: &Keys, new: &NewInbox) -> Result<()> {
    let statement = prepare(transaction, &INSERT).await?;
    let access_token = sealed_token(keys, new.inbox.id, &new.access_token)?;
    let reopen_hours = i32::try_from(new.inbox.reopen_hours).unwrap_or(i32::MAX);
    let (flow, queue) = (new.inbox.flow.map(|flow| flow.0), new.inbox.default_queue.0);
    let parameters: [&(dyn ToSql + Sync); 13] = [
        &new.workspace.0,
        &new.inbox.id.0,
        &new.inbox.name,
        &new.app_id,
        &new.phone_number_id,
        &new.waba_id,
        &new.display_phone_number,
        &access_token,
        &flow,
        &queue,
        &reopen_hours,
        &new.rate_per_second,
        &new.inbox.channel.as_str(),
    ];
    transaction.execute(&statement, &parameters).await?;
    Ok(())
}

fn connection(keys: &Keys, row: &Row) -> Connection {
    let id = InboxId(row.get(1));
    let access_token = keys.open_text(token(&id.to_string()), row.get(7));
    if let Err(error) = &access_token {
        tracing::error!(%error, inbox = %id, "a number cannot send from this node");
    }
    Connection {
        workspace: WorkspaceId(row.get(0)),
        inbox: Inbox {
            id,
            name: row.get(2),
            channel: Channel::from(row.get::<_, String>(3)),
            flow: row.get::<_, Option<Uuid>>(8).map(FlowId),
            default_queue: QueueId(row.get(9)),
            reopen_hours: u32::try_from(row.get::<_, i32>(10)).unwrap_or(0),
        },
        app_id: row.get(4),
        phone_number_id: row.get(5),
        waba_id: row.get(6),
        access_token: access_token.ok(),
    }
}
