//! Inboxes, and what their channels know them by.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::sealed::{Keys, Place};
use super::{Error, Result, Store, Transaction, prepare};
use crate::domain::channel::Channel;
use crate::domain::ids::{FlowId, InboxId, QueueId, WorkspaceId};
use crate::domain::inbox::Inbox;
use crate::domain::setup::value::InboxState;

/// The columns of a connection, in the order that [`connection`] reads them.
macro_rules! columns {
    () => {
        "inbox.workspace_id, inbox.id, inbox.name, inbox.channel, inbox.flow_id, inbox.default_queue_id, inbox.reopen_hours,
            address.source, address.address, address.secret, inbox.state"
    };
}

/// Inboxes with their addresses: one of a channel that this build does not know has none here.
macro_rules! with_addresses {
    () => {
        "inboxes AS inbox
        LEFT JOIN addresses AS address ON address.workspace_id = inbox.workspace_id AND address.inbox_id = inbox.id"
    };
}

crate::statements! {
    ALL = concat!("
        SELECT ", columns!(), "
        FROM ", with_addresses!(), "
        ORDER BY inbox.workspace_id, inbox.id
        LIMIT 10000");
    OF_WORKSPACE = concat!("
        SELECT ", columns!(), "
        FROM ", with_addresses!(), "
        WHERE inbox.workspace_id = $1
        ORDER BY inbox.id
        LIMIT 10000");
    OF_ADDRESSES = concat!("
        SELECT ", columns!(), "
        FROM addresses AS address
        JOIN inboxes AS inbox ON inbox.workspace_id = address.workspace_id AND inbox.id = address.inbox_id
        WHERE address.source = $1 AND address.address = ANY($2)");
    /// A new token ends a pause that the old one was the reason of, and what waits for that is due.
    SET_ACCESS_TOKEN = "
        WITH number AS (
            UPDATE whatsapp_numbers
            SET access_token = $3
            WHERE workspace_id = $1 AND inbox_id = $2
            RETURNING workspace_id, inbox_id
        ), due AS (
            UPDATE outbox
            SET due_at = now()
            WHERE workspace_id = $1 AND inbox_id = $2 AND state = 'queued' AND due_at > now() AND EXISTS (SELECT FROM number))
        UPDATE allowances
        SET paused_until = (SELECT allowances.paused_until FROM inboxes WHERE workspace_id = $1 AND id = $2 AND state = 'paused'),
            pause_reason = NULL
        FROM number
        WHERE allowances.workspace_id = $1 AND allowances.inbox_id = number.inbox_id";
    OF_ACCOUNTS = "
        SELECT DISTINCT account, workspace_id
        FROM addresses
        WHERE source = $1 AND account = ANY($2)
        ORDER BY account, workspace_id
        LIMIT 1000";
    INSERT = "
        WITH inbox AS (
            INSERT INTO inboxes (workspace_id, id, name, channel, flow_id, default_queue_id, reopen_hours)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            RETURNING workspace_id, id
        ), number AS (
            INSERT INTO whatsapp_numbers (workspace_id, inbox_id, app_id, phone_number_id, waba_id, display_phone_number, access_token)
            SELECT workspace_id, id, $9, $10, $11, $12, $13
            FROM inbox)
        INSERT INTO allowances (workspace_id, inbox_id, rate_per_second)
        SELECT workspace_id, id, $8
        FROM inbox";
}

/// An inbox with what is needed to speak for it.
#[derive(Debug, Clone)]
pub struct Connection {
    pub workspace: WorkspaceId,
    pub inbox: Inbox,
    /// Whose bodies name it, and what they call it; both empty when this build does not know its channel.
    pub source: String,
    pub address: String,
    /// What its sends are authorised by, empty where the channel needs nothing; or why this node cannot open it.
    secret: Result<String, String>,
    state: InboxState,
}

impl Connection {
    /// Whether it is a number of WhatsApp's that speaks no more.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.inbox.channel == Channel::WHATSAPP && self.address.is_empty()
    }

    /// Whether an administrator paused it: what is to be sent waits.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.state == InboxState::Paused
    }

    /// What its sends are authorised by.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when this node cannot open it; another one may.
    pub fn secret(&self) -> Result<&str> {
        self.secret.as_deref().map_err(|reason| Error::Unreadable(reason.clone()))
    }
}

/// A WhatsApp number to be connected.
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
    /// The inboxes of the installation; ten thousand of them at most.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connections(&self) -> Result<Vec<Connection>> {
        Ok(self.query(&ALL, &[]).await?.iter().map(|row| connection(self.keys(), row)).collect())
    }

    /// The inboxes of a workspace.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connections_of(&self, workspace: WorkspaceId) -> Result<Vec<Connection>> {
        Ok(self.query(&OF_WORKSPACE, &[&workspace.0]).await?.iter().map(|row| connection(self.keys(), row)).collect())
    }

    /// The inboxes that bodies of this source call so.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn connections_of_addresses(&self, source: &str, addresses: &[&str]) -> Result<Vec<Connection>> {
        Ok(self.query(&OF_ADDRESSES, &[&source, &addresses]).await?.iter().map(|row| connection(self.keys(), row)).collect())
    }

    /// The workspaces with inboxes of these accounts, as bodies of this source call them.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn owners_of_accounts(&self, source: &str, accounts: &[&str]) -> Result<Vec<(String, WorkspaceId)>> {
        let rows = self.query(&OF_ACCOUNTS, &[&source, &accounts]).await?;
        Ok(rows.iter().map(|row| (row.get(0), WorkspaceId(row.get(1)))).collect())
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
}

/// An access token as it is stored.
///
/// # Errors
/// Without a key.
pub(super) fn sealed_token(keys: &Keys, inbox: InboxId, access_token: &str) -> Result<String> {
    let row = inbox.to_string();
    keys.seal(access_token_place(&row), access_token.as_bytes())
}

pub(super) fn access_token_place(inbox: &str) -> Place<'_> {
    Place { table: "whatsapp_numbers", row: inbox, column: "access_token" }
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
        &new.inbox.channel.as_str(),
        &flow,
        &queue,
        &reopen_hours,
        &new.rate_per_second,
        &new.app_id,
        &new.phone_number_id,
        &new.waba_id,
        &new.display_phone_number,
        &access_token,
    ];
    transaction.execute(&statement, &parameters).await?;
    Ok(())
}

fn connection(keys: &Keys, row: &Row) -> Connection {
    let inbox = Inbox {
        id: InboxId(row.get(1)),
        name: row.get(2),
        channel: Channel::from(row.get::<_, String>(3)),
        flow: row.get::<_, Option<Uuid>>(4).map(FlowId),
        default_queue: QueueId(row.get(5)),
        reopen_hours: u32::try_from(row.get::<_, i32>(6)).unwrap_or(0),
    };
    let secret = row.get::<_, Option<&str>>(9).map_or(Ok(String::new()), |sealed| opened(keys, &inbox, sealed));
    Connection {
        workspace: WorkspaceId(row.get(0)),
        inbox,
        source: row.get::<_, Option<String>>(7).unwrap_or_default(),
        address: row.get::<_, Option<String>>(8).unwrap_or_default(),
        secret: secret.map_err(|error| error.to_string()),
        state: InboxState::read(row.get(10)),
    }
}

/// A secret, from where its channel keeps it.
fn opened(keys: &Keys, inbox: &Inbox, sealed: &str) -> Result<String> {
    match inbox.channel == Channel::WHATSAPP {
        true => keys.open_text(access_token_place(&inbox.id.to_string()), sealed),
        false => Err(Error::Unreadable(format!("this build does not know where the channel `{}` keeps it", inbox.channel.as_str()))),
    }
}
