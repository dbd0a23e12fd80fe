//! The feed of a workspace: all its journals in the order of their commits.
//!
//! A number that was taken inside a transaction would be seen in another order than it was taken, and whoever follows numbers would skip
//! a late one for ever. So lines get theirs after their commit, under the lock of the workspace's feed, from whoever reads it or does the
//! chores; those that one transaction added to one journal, a span, together.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::reading::json;
use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::WorkspaceId;
use crate::domain::journal::Subject;

/// Spans of lines that are numbered at once.
pub const BATCH: i64 = 5_000;

crate::statements! {
    LOCK = "SELECT FROM feeds WHERE workspace_id = $1 FOR UPDATE";
    /// As [`LOCK`], but nobody is waited for.
    LOCK_IF_FREE = "SELECT FROM feeds WHERE workspace_id = $1 FOR UPDATE SKIP LOCKED";
    /// Numbers what was committed before this statement began. The lines of a subject keep their order, whatever the clocks of the nodes
    /// that wrote them; for the rest they say who comes first of those that are numbered at once.
    NUMBER = "
        WITH batch AS (
            SELECT subject_id, first_seq, last_seq, at
            FROM feed_spans
            WHERE workspace_id = $1 AND position IS NULL
            ORDER BY subject_id, first_seq
            LIMIT $2
        ), ordered AS (
            SELECT subject_id, first_seq, last_seq, max(at) OVER (PARTITION BY subject_id ORDER BY first_seq) AS at
            FROM batch
        ), place AS (
            SELECT subject_id, first_seq, sum(last_seq - first_seq + 1) OVER (ORDER BY at, subject_id, first_seq)::bigint AS number
            FROM ordered
        ), numbered AS (
            UPDATE feed_spans AS span
            SET position = feeds.last_position + place.number
            FROM place, feeds
            WHERE feeds.workspace_id = $1 AND span.workspace_id = $1 AND span.subject_id = place.subject_id
              AND span.first_seq = place.first_seq AND span.position IS NULL
            RETURNING span.last_seq - span.first_seq + 1 AS lines
        ), total AS (
            SELECT count(*) AS spans, coalesce(sum(lines), 0)::bigint AS lines
            FROM numbered
        ), advanced AS (
            UPDATE feeds
            SET last_position = last_position + lines
            FROM total
            WHERE workspace_id = $1 AND spans > 0
        )
        SELECT spans
        FROM total";
    AFTER = "
        SELECT span.position - (span.last_seq - event.seq) AS position, subject_kind, event.subject_id, seq, event.at, kind, event
        FROM (
            SELECT *
            FROM feed_spans
            WHERE workspace_id = $1 AND position > $2
            ORDER BY position
            LIMIT $3) AS span
        JOIN events AS event ON event.workspace_id = $1 AND event.subject_id = span.subject_id
            AND event.seq BETWEEN greatest(span.first_seq, $2 + 1 - span.position + span.last_seq) AND span.last_seq
        ORDER BY span.position, seq
        LIMIT $3";
    /// One after the other, each found by the index alone. Across workspaces, as every worker's claim.
    WITH_UNNUMBERED = "
        WITH RECURSIVE found AS (
            (SELECT workspace_id FROM feed_spans WHERE position IS NULL ORDER BY workspace_id LIMIT 1)
            UNION ALL
            SELECT (
                SELECT workspace_id
                FROM feed_spans
                WHERE position IS NULL AND workspace_id > found.workspace_id
                ORDER BY workspace_id
                LIMIT 1)
            FROM found
            WHERE found.workspace_id IS NOT NULL)
        SELECT workspace_id
        FROM found
        WHERE workspace_id IS NOT NULL
        LIMIT 1000";
}

/// A line of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedEvent {
    /// Where it stands in the feed: one more than the line before it.
    pub position: i64,
    /// Whose journal it is of; nothing when only a newer version knows.
    pub subject: Option<Subject>,
    pub subject_id: Uuid,
    pub seq: i64,
    pub at: Timestamp,
    pub kind: String,
    /// As its journal has it.
    pub event: Value,
}

/// Whether to wait for whoever is numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    Wait,
    /// Whoever is at it does it for everybody.
    Leave,
}

impl Store {
    /// Numbers what has been committed, at most [`BATCH`] spans of lines; answers how many they were.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn number_feed(&self, workspace: WorkspaceId, numbering: Numbering) -> Result<i64> {
        let mut client = self.client().await?;
        let transaction = Transaction::begin(&mut client);
        let lock = match numbering {
            Numbering::Wait => prepare(&transaction, &LOCK).await?,
            Numbering::Leave => prepare(&transaction, &LOCK_IF_FREE).await?,
        };
        let number = prepare(&transaction, &NUMBER).await?;
        if transaction.query_opt(&lock, &[&workspace.0]).await?.is_none() {
            return Ok(0);
        }
        // Its snapshot is taken when the lock is held.
        let numbered = transaction.query_one(&number, &[&workspace.0, &BATCH]).await?.get(0);
        transaction.commit().await?;
        Ok(numbered)
    }

    /// The lines after a position, at most `limit`; those that are numbered by now.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn numbered_after(&self, workspace: WorkspaceId, position: i64, limit: i64) -> Result<Vec<FeedEvent>> {
        Ok(self.query(&AFTER, &[&workspace.0, &position, &limit]).await?.iter().map(feed_event).collect())
    }

    /// The lines after a position, oldest first and at most `limit`, with what was committed a moment ago. Whoever goes on from the last
    /// position gets every line once.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn feed_after(&self, workspace: WorkspaceId, position: i64, limit: i64) -> Result<Vec<FeedEvent>> {
        while self.number_feed(workspace, Numbering::Wait).await? == BATCH {}
        self.numbered_after(workspace, position, limit).await
    }

    /// Workspaces with lines that have no number yet.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn with_unnumbered(&self) -> Result<Vec<WorkspaceId>> {
        Ok(self.query(&WITH_UNNUMBERED, &[]).await?.iter().map(|row| WorkspaceId(row.get(0))).collect())
    }
}

fn feed_event(row: &Row) -> FeedEvent {
    let (kind, subject_id): (&str, Uuid) = (row.get(1), row.get(2));
    FeedEvent {
        position: row.get(0),
        subject: Subject::read(kind, subject_id),
        subject_id,
        seq: row.get(3),
        at: row.get(4),
        kind: row.get(5),
        event: json(row, 6).unwrap_or_default(),
    }
}
