//! The journals. Their lines get their places in the feed later (`feed`), those that are added at once together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::access::Sight;
use super::reading::json;
use super::statement::Step;
use super::{Result, Store, Transaction, prepare};
use crate::domain::event::{Event, Recorded};
use crate::domain::ids::{ConversationId, WorkspaceId};
use crate::domain::journal::{Place, Subject};

crate::statements! {
    /// The commit takes its number here, where whoever added the lines before these has committed.
    INSERT = "
        WITH written AS (
            INSERT INTO events (workspace_id, subject_kind, subject_id, seq, at, kind, place, event)
            SELECT $1, * FROM UNNEST($2::text[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::text[], $7::text[], $8::jsonb[])
        )
        INSERT INTO unnumbered_commits (workspace_id, subject_ids, first_seqs, last_seqs)
        VALUES ($1, $9, $10, $11)";
    SINCE = "
        SELECT seq, at, event, place
        FROM events
        WHERE workspace_id = $1 AND subject_id = $2 AND seq > $3
        ORDER BY seq
        LIMIT $4";
    /// The act ($3) and the first that changed again who controls the conversation.
    OF_CONTROL = "
        SELECT seq, at, event, place
        FROM events
        WHERE workspace_id = $1 AND subject_id = $2 AND seq >= $3 AND kind = ANY($4)
        ORDER BY seq
        LIMIT 4";
    /// As [`OF_CONTROL`], of several conversations.
    OF_CONTROL_OF_MANY = "
        SELECT line.seq, line.at, line.event, line.place, act.conversation_id
        FROM UNNEST($2::uuid[], $3::bigint[]) AS act (conversation_id, seq)
        CROSS JOIN LATERAL (
            SELECT seq, at, event, place
            FROM events
            WHERE workspace_id = $1 AND subject_id = act.conversation_id AND seq >= act.seq AND kind = ANY($4)
            ORDER BY seq
            LIMIT 4) AS line
        ORDER BY act.conversation_id, line.seq";
}

/// A line of a journal, as it is stored.
#[derive(Debug)]
pub(super) struct Line {
    pub subject: Subject,
    pub seq: i64,
    pub at: Timestamp,
    pub kind: String,
    pub place: Place,
    pub event: Value,
}

/// Lines of one subject, which follow one another.
struct Span {
    subject: Uuid,
    first: i64,
    last: i64,
}

/// Each subject once, in the order in which they come.
fn spans(workspace: WorkspaceId, lines: &[Line]) -> Vec<Span> {
    let (mut spans, mut places) = (Vec::<Span>::new(), HashMap::new());
    for line in lines {
        let subject = line.subject.id(workspace);
        match places.entry(subject) {
            Entry::Vacant(place) => {
                place.insert(spans.len());
                spans.push(Span { subject, first: line.seq, last: line.seq });
            }
            Entry::Occupied(place) => {
                let span = &mut spans[*place.get()];
                (span.first, span.last) = (span.first.min(line.seq), span.last.max(line.seq));
            }
        }
    }
    spans
}

/// Adds lines to journals of a workspace.
pub(super) fn append(workspace: WorkspaceId, lines: Vec<Line>) -> Step {
    let spans = spans(workspace, &lines);
    Step::of(INSERT)
        .with(workspace.0)
        .with(lines.iter().map(|line| line.subject.kind().to_owned()).collect::<Vec<_>>())
        .with(lines.iter().map(|line| line.subject.id(workspace)).collect::<Vec<_>>())
        .with(lines.iter().map(|line| line.seq).collect::<Vec<_>>())
        .with(lines.iter().map(|line| line.at).collect::<Vec<_>>())
        .with(lines.iter().map(|line| line.kind.clone()).collect::<Vec<_>>())
        .with(lines.iter().map(|line| line.place.as_str().to_owned()).collect::<Vec<_>>())
        .with(lines.into_iter().map(|line| line.event).collect::<Vec<_>>())
        .with(spans.iter().map(|span| span.subject).collect::<Vec<_>>())
        .with(spans.iter().map(|span| span.first).collect::<Vec<_>>())
        .with(spans.iter().map(|span| span.last).collect::<Vec<_>>())
}

/// Adds events to the journals of conversations and contacts.
pub(super) fn insert(workspace: WorkspaceId, events: &[(Subject, Recorded)]) -> Result<Step> {
    let line = |(subject, recorded): &(Subject, Recorded)| -> Result<Line> {
        let Recorded { seq, at, place, ref event } = *recorded;
        Ok(Line { subject: *subject, seq, at, kind: event.kind().to_owned(), place, event: serde_json::to_value(event)? })
    };
    Ok(append(workspace, events.iter().map(line).collect::<Result<Vec<_>>>()?))
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

/// As [`of_control`], of several conversations, each from a sequence of its own on.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn of_control_of_many(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    from: &[(ConversationId, i64)],
) -> Result<HashMap<ConversationId, Vec<Recorded>>> {
    let statement = prepare(transaction, &OF_CONTROL_OF_MANY).await?;
    let conversations: Vec<Uuid> = from.iter().map(|(conversation, _)| conversation.0).collect();
    let seqs: Vec<i64> = from.iter().map(|(_, seq)| *seq).collect();
    let rows = transaction.query(&statement, &[&workspace.0, &conversations, &seqs, &&Event::OF_CONTROL[..]]).await?;
    let mut found: HashMap<ConversationId, Vec<Recorded>> = HashMap::new();
    for row in &rows {
        found.entry(ConversationId(row.get(4))).or_default().push(recorded(row));
    }
    Ok(found)
}

/// Reads sequence, time, event and place. What this version does not understand has its place all the same.
pub(super) fn recorded(row: &Row) -> Recorded {
    let event = json(row, 2).unwrap_or(Event::Strange(Value::Null));
    Recorded { seq: row.get(0), at: row.get(1), place: Place::read(row.get(3)), event }
}

impl Store {
    /// The events of a conversation after a sequence, oldest first, at most `limit`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn events_since(&self, sight: Sight, since: i64, limit: i64) -> Result<Vec<Recorded>> {
        let rows = self.query(&SINCE, &[&sight.workspace().0, &sight.conversation().0, &since, &limit]).await?;
        Ok(rows.iter().map(recorded).collect())
    }
}
