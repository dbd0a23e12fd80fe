//! The journal.

use serde_json::Value;
use tokio_postgres::Row;

use super::reading::json;
use super::statement::Step;
use super::{Result, Store, Transaction, prepare};
use crate::domain::event::{Event, Recorded};
use crate::domain::ids::{ConversationId, WorkspaceId};

crate::statements! {
    INSERT = "
        INSERT INTO events (workspace_id, conversation_id, seq, at, kind, event)
        SELECT $1, * FROM UNNEST($2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[], $6::jsonb[])";
    SINCE = "
        SELECT seq, at, event
        FROM events
        WHERE workspace_id = $1 AND conversation_id = $2 AND seq > $3
        ORDER BY seq
        LIMIT $4";
    /// The act ($3) and the first that changed again who controls the conversation.
    OF_CONTROL = "
        SELECT seq, at, event
        FROM events
        WHERE workspace_id = $1 AND conversation_id = $2 AND seq >= $3 AND kind = ANY($4)
        ORDER BY seq
        LIMIT 4";
}

/// Adds events to the journals of conversations.
pub(super) fn insert(workspace: WorkspaceId, events: &[(ConversationId, Recorded)]) -> Result<Step> {
    let bodies = events.iter().map(|(_, recorded)| serde_json::to_value(&recorded.event)).collect::<Result<Vec<_>, _>>()?;
    Ok(Step::of(INSERT)
        .with(workspace.0)
        .with(events.iter().map(|(conversation, _)| conversation.0).collect::<Vec<_>>())
        .with(events.iter().map(|(_, recorded)| recorded.seq).collect::<Vec<_>>())
        .with(events.iter().map(|(_, recorded)| recorded.at).collect::<Vec<_>>())
        .with(events.iter().map(|(_, recorded)| recorded.event.kind().to_owned()).collect::<Vec<_>>())
        .with(bodies))
}

/// What the journal says of who controlled a conversation, from a sequence on; more than an act is told by, so that what came after it
/// shows.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn of_control(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    conversation: ConversationId,
    from: i64,
) -> Result<Vec<Recorded>> {
    let statement = prepare(transaction, &OF_CONTROL).await?;
    let rows = transaction.query(&statement, &[&workspace.0, &conversation.0, &from, &&Event::OF_CONTROL[..]]).await?;
    Ok(rows.iter().map(recorded).collect())
}

/// Reads sequence, time and event. What this version does not understand has its place in the thread all the same.
pub(super) fn recorded(row: &Row) -> Recorded {
    Recorded { seq: row.get(0), at: row.get(1), event: json(row, 2).unwrap_or(Event::Strange(Value::Null)) }
}

impl Store {
    /// The events of a conversation after a sequence, oldest first, at most `limit`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn events_since(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        since: i64,
        limit: i64,
    ) -> Result<Vec<Recorded>> {
        let rows = self.query(&SINCE, &[&workspace.0, &conversation.0, &since, &limit]).await?;
        Ok(rows.iter().map(recorded).collect())
    }
}
