//! The feed of a workspace: all its journals in the order of their commits.
//!
//! A number that was taken inside a transaction would be seen in another order than it was taken, and whoever follows numbers would skip
//! a late one for ever. So lines get theirs after their commit, under the lock of the workspace's feed, from whoever reads it or does the
//! chores; those that one transaction added together, a commit.
//!
//! The lines of a subject keep their order. Who adds to a journal has seen where it ends: whoever wrote the line before had committed, with
//! a lower number from the sequence. So whoever numbers the later commit sees the earlier one too, unless it has its place already, and
//! puts it first. Of commits without a subject in common a later one may be numbered before an earlier one that is still open.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::reading::json;
use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::WorkspaceId;
use crate::domain::journal::Subject;

/// Commits that are numbered at once.
pub const BATCH: i64 = 5_000;

crate::statements! {
    LOCK = "SELECT FROM feeds WHERE workspace_id = $1 FOR UPDATE";
    /// As [`LOCK`], but nobody is waited for.
    LOCK_IF_FREE = "SELECT FROM feeds WHERE workspace_id = $1 FOR UPDATE SKIP LOCKED";
    /// Numbers what was committed before this statement began: it goes over to where it is read. Only who holds the lock takes a row away,
    /// so that none is anywhere else than where it was seen. Thirty-two commits become one row, which is read no slower.
    NUMBER = "
        WITH taken AS (
            DELETE FROM unnumbered_commits
            WHERE ctid = ANY(ARRAY(
                SELECT ctid
                FROM unnumbered_commits
                WHERE workspace_id = $1
                ORDER BY id
                LIMIT $2))
            RETURNING id, subject_ids, first_seqs, last_seqs
        ), numbered AS (
            INSERT INTO feed_commits (workspace_id, position, subject_ids, first_seqs, last_seqs)
            SELECT $1, (SELECT last_position FROM feeds WHERE workspace_id = $1) + sum(lines) OVER (ORDER BY number),
                   subject_ids, first_seqs, last_seqs
            FROM (
                SELECT number, sum(last_seq - first_seq + 1)::bigint AS lines, array_agg(subject_id ORDER BY id, place) AS subject_ids,
                    array_agg(first_seq ORDER BY id, place) AS first_seqs, array_agg(last_seq ORDER BY id, place) AS last_seqs
                FROM (SELECT *, (row_number() OVER (ORDER BY id) - 1) / 32 AS number FROM taken) AS ordered
                CROSS JOIN LATERAL UNNEST(subject_ids, first_seqs, last_seqs) WITH ORDINALITY
                    AS span (subject_id, first_seq, last_seq, place)
                GROUP BY number) AS together
            RETURNING position
        ), total AS (
            SELECT (SELECT count(*) FROM taken) AS commits, max(position) AS last
            FROM numbered
        ), advanced AS (
            UPDATE feeds
            SET last_position = last
            FROM total
            WHERE workspace_id = $1 AND commits > 0
        )
        SELECT commits
        FROM total";
    /// `before` is the position in front of a span's first line. Of a commit that does not fit on the page, no more is read than does. Each
    /// span's lines have a limit of their own, so that they are looked for by their numbers, whatever the planner believes of a journal.
    AFTER = "
        SELECT before + line.seq - first_seq + 1 AS position, subject_kind, line.subject_id, seq, at, kind, event
        FROM (
            SELECT position, subject_ids, first_seqs, last_seqs
            FROM feed_commits
            WHERE workspace_id = $1 AND position > $2
            ORDER BY position
            LIMIT $3) AS commit
        CROSS JOIN LATERAL (
            SELECT subject_id, first_seq, last_seq, position - sum(last_seq - first_seq + 1) OVER (ORDER BY place DESC)::bigint AS before
            FROM UNNEST(subject_ids, first_seqs, last_seqs) WITH ORDINALITY AS span (subject_id, first_seq, last_seq, place)) AS span
        CROSS JOIN LATERAL (
            SELECT subject_kind, subject_id, seq, at, kind, event
            FROM events
            WHERE workspace_id = $1 AND subject_id = span.subject_id
              AND seq BETWEEN greatest(first_seq, first_seq + $2 - before) AND least(last_seq, first_seq + $2 + $3 - before - 1)
            ORDER BY seq
            LIMIT $3) AS line
        ORDER BY position
        LIMIT $3";
    /// One after the other, each found by the index alone. Across workspaces, as every worker's claim.
    WITH_UNNUMBERED = "
        WITH RECURSIVE found AS (
            (SELECT workspace_id FROM unnumbered_commits ORDER BY workspace_id LIMIT 1)
            UNION ALL
            SELECT (
                SELECT workspace_id
                FROM unnumbered_commits
                WHERE workspace_id > found.workspace_id
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
    /// Numbers what has been committed, at most [`BATCH`] commits; answers how many they were.
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
