//! The thread of a conversation: the journal says what there is and where, the message rows say how it stands now.

use tokio_postgres::Row;
use uuid::Uuid;

use super::access::Sight;
use super::events::recorded;
use super::messages::{author_shown, content_shown, shown};
use super::{Result, Store};
use crate::domain::event::Recorded;
use crate::domain::ids::{ConversationId, InboxId, MessageId, WorkspaceId};
use crate::domain::thread::{QuotedMessage, ThreadMessage};

/// Messages as a thread shows them.
macro_rules! messages {
    ($which:expr) => {
        concat!(
            "SELECT id, author_kind, author_id, content, status, failure, wamid, reply_to, at,
                CASE WHEN content ->> 'kind' IN ('unsupported', 'unreadable') THEN raw END AS raw, seq, inbox_id, conversation_id
            FROM messages
            WHERE ",
            $which,
            " ORDER BY seq"
        )
    };
}

crate::statements! {
    /// What stands in the thread: everything but reports about messages that stand there already.
    BEFORE = "
        SELECT seq, at, event, place
        FROM events
        WHERE workspace_id = $1 AND subject_id = $2 AND seq < $3 AND place = 'stands'
        ORDER BY seq DESC
        LIMIT $4";
    MESSAGES = messages!("workspace_id = $1 AND conversation_id = $2 AND id = ANY($3)");
    /// Of several conversations.
    STANDING = messages!("workspace_id = $1 AND id = ANY($2)");
    QUOTED = "
        SELECT message.id, message.wamid, message.author_kind, message.author_id, message.content
        FROM messages AS message
        JOIN conversations AS quoted ON quoted.workspace_id = message.workspace_id AND quoted.id = message.conversation_id
        JOIN conversations AS quoting ON quoting.workspace_id = message.workspace_id AND quoting.id = $4
        WHERE message.workspace_id = $1 AND message.inbox_id = $2 AND message.wamid = ANY($3)
          AND (quoted.contact_id = quoting.contact_id
               OR EXISTS (SELECT FROM contact_identities AS identity
                          WHERE identity.workspace_id = $1 AND identity.contact_id = quoting.contact_id
                            AND identity.joined_from <> '{}' AND identity.joined_from @> ARRAY[quoted.contact_id]))";
}

impl Store {
    /// The latest events of the thread before `before`, latest first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn thread_before(&self, sight: Sight, before: i64, limit: i64) -> Result<Vec<Recorded>> {
        let rows = self.query(&BEFORE, &[&sight.workspace().0, &sight.conversation().0, &before, &limit]).await?;
        Ok(rows.iter().map(recorded).collect())
    }

    /// Messages of a conversation as they stand now, in order.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn thread_messages(&self, sight: Sight, ids: &[Uuid]) -> Result<Vec<ThreadMessage>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.query(&MESSAGES, &[&sight.workspace().0, &sight.conversation().0, &ids]).await?;
        Ok(rows.iter().map(thread_message).collect())
    }

    /// Messages of whichever conversations as they stand now.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn standing_messages(&self, workspace: WorkspaceId, ids: &[Uuid]) -> Result<Vec<ThreadMessage>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.query(&STANDING, &[&workspace.0, &ids]).await?.iter().map(thread_message).collect())
    }

    /// Messages by WhatsApp's ids that the customer of a conversation wrote or was sent: whoever quotes one hands it over with what they say.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn quoted(&self, sight: Sight, inbox: InboxId, wamids: &[&str]) -> Result<Vec<QuotedMessage>> {
        if wamids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.query(&QUOTED, &[&sight.workspace().0, &inbox.0, &wamids, &sight.conversation().0]).await?;
        Ok(rows.iter().map(quoted).collect())
    }
}

fn thread_message(row: &Row) -> ThreadMessage {
    ThreadMessage { message: shown(row, 0), seq: row.get(10), inbox: InboxId(row.get(11)), conversation: ConversationId(row.get(12)) }
}

fn quoted(row: &Row) -> QuotedMessage {
    QuotedMessage { id: MessageId(row.get(0)), wamid: row.get(1), author: author_shown(row, 2), content: content_shown(row, 4) }
}
