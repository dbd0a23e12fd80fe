//! The journal of a set-up as people read it: whole acts, latest first.

use jiff::Timestamp;
use uuid::Uuid;

use super::setups::recorded;
use super::statement::literal;
use super::{Result, Store};
use crate::domain::ids::WorkspaceId;
use crate::domain::setup::RecordedSetup;
use crate::domain::setup::event::OWN;

/// All lines of the acts that were found, latest first.
macro_rules! whole_acts {
    () => {
        "
        SELECT line.seq, line.at, line.event
        FROM (SELECT DISTINCT act, size FROM found) AS found
        CROSS JOIN LATERAL (
            SELECT seq, at, event
            FROM events
            WHERE workspace_id = $1 AND subject_id = $1 AND seq >= found.act AND seq < found.act + found.size
            ORDER BY seq
            LIMIT 10000) AS line
        ORDER BY found.act DESC, line.seq DESC"
    };
}

crate::statements! {
    /// Without what people chose for themselves, and without sign-ins unless they are asked for.
    FIND = concat!("
        WITH found AS (
            SELECT coalesce((event ->> 'act')::bigint, seq) AS act, coalesce((event ->> 'size')::bigint, 1) AS size
            FROM events
            WHERE workspace_id = $1 AND subject_id = $1 AND seq < $2
              AND NOT (starts_with(kind, 'canned_reply_')
                  AND coalesce(event #>> '{what,before,owner}', event #>> '{what,after,owner}') IS NOT NULL
                  AND (event #> '{what,before}' = 'null' OR event #> '{what,after}' = 'null'
                      OR event #> '{what,before,owner}' = event #> '{what,after,owner}'))
              AND NOT (kind = 'member_changed'
                  AND (event #> '{what,before}') - $4::text[] = (event #> '{what,after}') - $4::text[])
              AND ($5::text IS NULL OR event #>> '{who,user}' = $5 OR event #>> '{who,kind}' = $5)
              AND CASE WHEN $6::text IS NULL THEN kind <> 'signed_in' ELSE starts_with(kind, $6) END
              AND ($7::timestamptz IS NULL OR at >= $7)
              AND ($8::timestamptz IS NULL OR at < $8)
              AND ($9::text IS NULL OR event::text ILIKE $9)
            ORDER BY seq DESC
            LIMIT $3)", whole_acts!());
    /// Of one thing, or of the parts of it that are named; of a team, also who came and went.
    ABOUT = concat!("
        WITH lines AS (
            (SELECT seq, event
             FROM events
             WHERE workspace_id = $1 AND subject_id = $1 AND subject_kind = 'setup' AND event #>> '{what,id}' = $2::uuid::text
               AND ($4::text[] IS NULL OR EXISTS (
                   SELECT
                   FROM unnest($4::text[]) AS part
                   WHERE event #> ARRAY['what', 'before', part] IS DISTINCT FROM event #> ARRAY['what', 'after', part]))
             ORDER BY seq DESC
             LIMIT $3)
            UNION ALL
            (SELECT seq, event
             FROM events
             WHERE workspace_id = $1 AND subject_id = $1 AND subject_kind = 'setup' AND kind = 'member_changed'
               AND event #> '{what,before,teams}' <> event #> '{what,after,teams}'
               AND ((event #> '{what,before,teams}') ? $2::uuid::text) <> ((event #> '{what,after,teams}') ? $2::uuid::text)
             ORDER BY seq DESC
             LIMIT $3)),
        found AS (
            SELECT coalesce((event ->> 'act')::bigint, seq) AS act, coalesce((event ->> 'size')::bigint, 1) AS size
            FROM lines
            ORDER BY seq DESC
            LIMIT $3)", whole_acts!());
}

/// Which of the acts somebody looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sought {
    /// Somebody's id, or `command_line` or `system`.
    pub who: Option<String>,
    /// What the kinds of its lines begin with, such as `queue`.
    pub thing: Option<String>,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
    /// Stands in what was written.
    pub words: Option<String>,
}

impl Store {
    /// Whole acts of which a line is sought, latest first, before an event; some `limit` lines are looked at for them.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn setup_changes(&self, workspace: WorkspaceId, sought: &Sought, before: i64, limit: i64) -> Result<Vec<RecordedSetup>> {
        let Sought { who, thing, from, to, words } = sought;
        let words = words.as_ref().map(|words| format!("%{}%", literal(words)));
        let rows = self.query(&FIND, &[&workspace.0, &before, &limit, &&OWN[..], who, thing, from, to, &words]).await?;
        Ok(rows.iter().map(recorded).collect())
    }

    /// The acts that had to do with one thing, or with some parts of it, latest first, from at most `limit` of its lines.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn setup_changes_about(
        &self,
        workspace: WorkspaceId,
        thing: Uuid,
        parts: Option<&[&str]>,
        limit: i64,
    ) -> Result<Vec<RecordedSetup>> {
        Ok(self.query(&ABOUT, &[&workspace.0, &thing, &limit, &parts]).await?.iter().map(recorded).collect())
    }
}
