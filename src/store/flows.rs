//! Flows as administrators see them: their versions, who runs on which, and what is being written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::reading::{if_known, value};
use super::{Result, Store};
use crate::domain::hours::Hours;
use crate::domain::ids::{FlowId, QueueId, TeamId, UserId, WorkspaceId};
use crate::domain::queue::Queue;
use crate::domain::setup::Who;

/// Flows that a page shows, versions of one, and numbers that use one.
const MOST_FLOWS: i64 = 1_000;
const MOST_VERSIONS: i64 = 200;
const MOST_INBOXES: i64 = 1_000;

crate::statements! {
    ALL = "
        SELECT flow.id, flow.name, flow.published_version, flow.archived,
            (SELECT count(*) FROM flow_versions AS version WHERE version.workspace_id = $1 AND version.flow_id = flow.id),
            coalesce(running.sessions, 0),
            ARRAY(SELECT inbox.name FROM inboxes AS inbox
                  WHERE inbox.workspace_id = $1 AND inbox.flow_id = flow.id
                  ORDER BY inbox.name COLLATE names, inbox.id
                  LIMIT 20),
            author.name, draft.updated_at
        FROM flows AS flow
        LEFT JOIN (SELECT flow_id, count(*) AS sessions FROM flow_sessions WHERE workspace_id = $1 GROUP BY flow_id) AS running
            ON running.flow_id = flow.id
        LEFT JOIN flow_drafts AS draft ON draft.workspace_id = $1 AND draft.flow_id = flow.id
        LEFT JOIN users AS author ON author.workspace_id = $1 AND author.id = draft.author_id
        WHERE flow.workspace_id = $1
        ORDER BY flow.archived, flow.name COLLATE names, flow.id
        LIMIT $2";
    FIND = "
        SELECT flow.name, flow.published_version, flow.archived, author.name, draft.updated_at
        FROM flows AS flow
        LEFT JOIN flow_drafts AS draft ON draft.workspace_id = $1 AND draft.flow_id = $2
        LEFT JOIN users AS author ON author.workspace_id = $1 AND author.id = draft.author_id
        WHERE flow.workspace_id = $1 AND flow.id = $2";
    INBOXES = "SELECT name FROM inboxes WHERE workspace_id = $1 AND flow_id = $2 ORDER BY name COLLATE names, id LIMIT $3";
    /// Who published each of them first.
    VERSIONS = "
        WITH publication AS (
            SELECT DISTINCT ON (event #>> '{what,after,published}')
                event #>> '{what,after,published}' AS version, at, event -> 'who' AS who
            FROM events
            WHERE workspace_id = $1 AND subject_id = $1 AND subject_kind = 'setup' AND event #>> '{what,id}' = $2::uuid::text
            ORDER BY event #>> '{what,after,published}', seq
        ),
        running AS (
            SELECT version, count(*) AS sessions
            FROM flow_sessions
            WHERE workspace_id = $1 AND flow_id = $2
            GROUP BY version
        )
        SELECT version.version, coalesce(publication.at, version.created_at), publication.who, coalesce(running.sessions, 0)
        FROM flow_versions AS version
        LEFT JOIN publication ON publication.version = version.version::text
        LEFT JOIN running ON running.version = version.version
        WHERE version.workspace_id = $1 AND version.flow_id = $2
        ORDER BY version.version DESC
        LIMIT $3";
    DEFINITIONS = "
        SELECT version, definition
        FROM flow_versions
        WHERE workspace_id = $1 AND flow_id = $2 AND version = ANY($3)
        ORDER BY version
        LIMIT 2";
    /// All that an editor needs.
    WORKBENCH = "
        SELECT flow.name, flow.archived, flow.published_version, version.definition,
            draft.body, draft.version, draft.updated_at, author.name,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('id', queue.id, 'key', queue.key, 'name', queue.name, 'team', queue.team_id,
                        'hours', queue.hours, 'promise_minutes', queue.promise_minutes) ORDER BY queue.position, queue.id), '[]')
             FROM queues AS queue
             WHERE queue.workspace_id = $1),
            (SELECT count(*) FROM inboxes AS inbox WHERE inbox.workspace_id = $1 AND inbox.flow_id = $2),
            (SELECT max(version) FROM flow_versions AS each WHERE each.workspace_id = $1 AND each.flow_id = $2)
        FROM flows AS flow
        LEFT JOIN flow_versions AS version
            ON version.workspace_id = $1 AND version.flow_id = $2 AND version.version = flow.published_version
        LEFT JOIN flow_drafts AS draft ON draft.workspace_id = $1 AND draft.flow_id = $2
        LEFT JOIN users AS author ON author.workspace_id = $1 AND author.id = draft.author_id
        WHERE flow.workspace_id = $1 AND flow.id = $2";
    QUEUES = "SELECT key, name FROM queues WHERE workspace_id = $1 ORDER BY position, id LIMIT 1000";
    /// Over the version that its author has seen ($5), and over nothing else. The same words again are no newer ones.
    SAVE_DRAFT = "
        INSERT INTO flow_drafts AS kept (workspace_id, flow_id, body, version, author_id, updated_at)
        SELECT $1, $2, $3, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, $4, now()
        WHERE EXISTS (SELECT FROM flows WHERE workspace_id = $1 AND id = $2)
          AND ($5::bigint = 0 OR EXISTS (SELECT FROM flow_drafts WHERE workspace_id = $1 AND flow_id = $2))
        ON CONFLICT (workspace_id, flow_id) DO UPDATE
        SET body = excluded.body, author_id = excluded.author_id, updated_at = excluded.updated_at,
            version = CASE WHEN kept.body = excluded.body THEN kept.version ELSE greatest(excluded.version, kept.version + 1) END
        WHERE kept.version = $5 OR kept.body = excluded.body
        RETURNING version";
    REMOVE_DRAFT = "DELETE FROM flow_drafts WHERE workspace_id = $1 AND flow_id = $2 AND version = $3";
}

/// A flow in the list of them.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowSummary {
    pub id: FlowId,
    pub name: String,
    pub published: Option<i32>,
    pub archived: bool,
    pub versions: i64,
    /// Conversations that are in it now.
    pub sessions: i64,
    /// The names of the numbers that use it; the first twenty.
    pub inboxes: Vec<String>,
    pub draft: Option<DraftLine>,
}

/// Who is writing at a flow, and since when nothing more came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftLine {
    pub author: Option<String>,
    pub at: Timestamp,
}

/// A flow with its versions.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowDetail {
    pub id: FlowId,
    pub name: String,
    pub published: Option<i32>,
    pub archived: bool,
    pub draft: Option<DraftLine>,
    /// The names of the numbers that use it.
    pub inboxes: Vec<String>,
    /// The latest first.
    pub versions: Vec<FlowVersion>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowVersion {
    pub version: i32,
    pub at: Timestamp,
    /// Who published it first; nobody where the journal does not say.
    pub who: Option<Who>,
    /// Conversations that are in it now.
    pub sessions: i64,
}

/// What an editor works with.
#[derive(Debug, Clone)]
pub struct Workbench {
    pub name: String,
    pub archived: bool,
    pub published: Option<i32>,
    /// The published one.
    pub definition: Option<Value>,
    pub draft: Option<FlowDraft>,
    pub queues: Vec<Queue>,
    /// Numbers that use it.
    pub inboxes: i64,
    /// The number of the last version there is.
    pub latest: Option<i32>,
}

/// What is being written at a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowDraft {
    pub body: String,
    pub version: i64,
    pub at: Timestamp,
    pub author: Option<String>,
}

impl Store {
    /// The flows of a workspace by name, archived ones last.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn flows(&self, workspace: WorkspaceId) -> Result<Vec<FlowSummary>> {
        let rows = self.query(&ALL, &[&workspace.0, &MOST_FLOWS]).await?;
        let flow = |row: &Row| FlowSummary {
            id: FlowId(row.get(0)),
            name: row.get(1),
            published: row.get(2),
            archived: row.get(3),
            versions: row.get(4),
            sessions: row.get(5),
            inboxes: row.get(6),
            draft: draft_line(row, 7),
        };
        Ok(rows.iter().map(flow).collect())
    }

    /// One of them; nothing when there is no such flow.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn flow(&self, workspace: WorkspaceId, id: FlowId) -> Result<Option<FlowDetail>> {
        let of_flow: [&(dyn ToSql + Sync); 2] = [&workspace.0, &id.0];
        let all_inboxes: [&(dyn ToSql + Sync); 3] = [&workspace.0, &id.0, &MOST_INBOXES];
        let all_versions: [&(dyn ToSql + Sync); 3] = [&workspace.0, &id.0, &MOST_VERSIONS];
        let (flow, inboxes, versions) =
            tokio::try_join!(self.query_opt(&FIND, &of_flow), self.query(&INBOXES, &all_inboxes), self.query(&VERSIONS, &all_versions))?;
        let version = |row: &Row| FlowVersion { version: row.get(0), at: row.get(1), who: if_known(row, 2), sessions: row.get(3) };
        Ok(flow.map(|row| FlowDetail {
            id,
            name: row.get(0),
            published: row.get(1),
            archived: row.get(2),
            draft: draft_line(&row, 3),
            inboxes: inboxes.iter().map(|row| row.get(0)).collect(),
            versions: versions.iter().map(version).collect(),
        }))
    }

    /// Some versions of a flow, two at most, as they were published.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn flow_definitions(&self, workspace: WorkspaceId, id: FlowId, versions: &[i32]) -> Result<BTreeMap<i32, Value>> {
        let rows = self.query(&DEFINITIONS, &[&workspace.0, &id.0, &versions]).await?;
        rows.iter().map(|row| Ok((row.get(0), value(row, 1)?.unwrap_or_default()))).collect()
    }

    /// What an editor of a flow needs; nothing when there is no such flow.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn flow_workbench(&self, workspace: WorkspaceId, id: FlowId) -> Result<Option<Workbench>> {
        let Some(row) = self.query_opt(&WORKBENCH, &[&workspace.0, &id.0]).await? else { return Ok(None) };
        let version: Option<i64> = row.get(5);
        let draft = version.map(|version| FlowDraft { body: row.get(4), version, at: row.get(6), author: row.get(7) });
        Ok(Some(Workbench {
            name: row.get(0),
            archived: row.get(1),
            published: row.get(2),
            definition: value(&row, 3)?,
            draft,
            queues: if_known::<Vec<QueueRead>>(&row, 8).unwrap_or_default().into_iter().map(QueueRead::queue).collect(),
            inboxes: row.get(9),
            latest: row.get(10),
        }))
    }

    /// The queues that a flow may name: their keys, each with what people call it, in their order.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn queue_keys(&self, workspace: WorkspaceId) -> Result<Vec<(String, String)>> {
        Ok(self.query(&QUEUES, &[&workspace.0]).await?.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Keeps what is being written at a flow, unless somebody wrote what its author has not seen; answers its version. `seen` is the version
    /// that they began from, 0 when there was none.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn save_flow_draft(&self, workspace: WorkspaceId, id: FlowId, author: UserId, body: &str, seen: i64) -> Result<Option<i64>> {
        let row = self.query_opt(&SAVE_DRAFT, &[&workspace.0, &id.0, &body, &author.0, &seen]).await?;
        Ok(row.map(|row| row.get(0)))
    }

    /// Throws away what was being written, unless somebody wrote more since.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn remove_flow_draft(&self, workspace: WorkspaceId, id: FlowId, seen: i64) -> Result<bool> {
        Ok(self.execute(&REMOVE_DRAFT, &[&workspace.0, &id.0, &seen]).await? > 0)
    }
}

fn draft_line(row: &Row, first: usize) -> Option<DraftLine> {
    let at: Option<Timestamp> = row.get(first + 1);
    at.map(|at| DraftLine { author: row.get(first), at })
}

/// A queue as the workbench reads it; hours that this version does not understand never end.
#[derive(Deserialize)]
struct QueueRead {
    id: Uuid,
    key: String,
    name: String,
    team: Uuid,
    hours: Value,
    promise_minutes: u32,
}

impl QueueRead {
    fn queue(self) -> Queue {
        let Self { id, key, name, team, hours, promise_minutes } = self;
        let hours = serde_json::from_value(hours).unwrap_or_else(|_| Hours::always());
        Queue { id: QueueId(id), key, name, team: TeamId(team), hours, promise_minutes }
    }
}
