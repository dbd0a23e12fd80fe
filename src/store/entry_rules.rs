//! Entry rules, and the conversations that came in lately, for whoever asks what a rule would have done.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::access::{Viewer, admits};
use super::reading::{if_known, value};
use super::{Result, Store};
use crate::domain::Event;
use crate::domain::brief::Brief;
use crate::domain::conditions::{Fault, Known, Wrong, compile, stored};
use crate::domain::contact::Identity;
use crate::domain::details::{Details, Vocabulary};
use crate::domain::ids::{ConversationId, EntryRuleId, InboxId, QueueId, TagId, UserId, WorkspaceId};
use crate::domain::message::Content;
use crate::domain::setup::value::EntryRule;

crate::statements! {
    /// Those that are on, in their order.
    ENABLED = "
        SELECT id, name, enabled, conditions, queue_id, tag_ids, position, priority, skills
        FROM entry_rules
        WHERE workspace_id = $1 AND enabled
        ORDER BY position, id
        LIMIT 1000";
    /// The newest conversations that the viewer ($4) sees and that came in, from one that may never have been on ($2): an id says when it
    /// began. Each with how it came into a queue first, and, where nothing was handed over, with what the customer wrote just before.
    CAME_IN = concat!(
        "
        SELECT came.id, came.inbox_id, came.brief, came.details, contact.name, contact.language, contact.fields, contact.address,
            came.at, came.event, wrote.content, before.last_agent_id
        FROM (
            SELECT c.id, c.inbox_id, c.contact_id, c.brief, c.details, queued.at, queued.event, queued.seq
            FROM conversations AS c
            CROSS JOIN LATERAL (
                SELECT at, event, seq
                FROM events
                WHERE workspace_id = $1 AND subject_id = c.id AND kind = 'conversation_queued'
                ORDER BY seq
                LIMIT 1) AS queued
            WHERE c.workspace_id = $1 AND c.id >= $2 AND queued.event #>> '{because}' IN ('no_flow', 'handed_off')
              AND ",
        admits!("$1", "$4", "$5"),
        "
            ORDER BY c.id DESC
            LIMIT $3) AS came
        JOIN contacts AS contact ON contact.workspace_id = $1 AND contact.id = came.contact_id
        LEFT JOIN LATERAL (
            SELECT content
            FROM messages
            WHERE came.brief IS NULL AND workspace_id = $1 AND conversation_id = came.id AND direction = 'inbound' AND seq < came.seq
            ORDER BY seq DESC
            LIMIT 1) AS wrote ON true
        LEFT JOIN LATERAL (
            SELECT last_agent_id
            FROM conversations
            WHERE workspace_id = $1 AND contact_id = came.contact_id AND inbox_id = came.inbox_id AND id < came.id
            ORDER BY opened_at DESC
            LIMIT 1) AS before ON true
        ORDER BY came.id DESC"
    );
}

/// A conversation that came in, as far as conditions ask for it. What is known of the customer, and the tags and fields, are as they are
/// now.
#[derive(Debug)]
pub struct CameIn {
    pub conversation: ConversationId,
    pub inbox: InboxId,
    pub brief: Option<Brief>,
    pub details: Option<Details>,
    pub name: String,
    pub language: Option<String>,
    pub fields: BTreeMap<String, String>,
    pub address: Option<Identity>,
    pub at: Timestamp,
    /// How it came into a queue; nothing where only a newer version knows.
    pub queued: Option<Event>,
    /// What the customer wrote as it came in, where nothing was handed over.
    pub wrote: Option<Content>,
    /// Who held the conversation before it.
    pub previous_agent: Option<UserId>,
}

impl Store {
    /// The newest conversations that began since and came in, of those that somebody sees, `limit` of them at most.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn came_in(&self, viewer: Viewer, since: Timestamp, limit: i64) -> Result<Vec<CameIn>> {
        let Viewer { workspace, user, visibility } = viewer;
        let first = first_id(since);
        let rows = self.query(&CAME_IN, &[&workspace.0, &first, &limit, &user.0, &visibility.as_str()]).await?;
        let read = |row: &Row| CameIn {
            conversation: ConversationId(row.get(0)),
            inbox: InboxId(row.get(1)),
            brief: if_known(row, 2),
            details: if_known(row, 3),
            name: row.get(4),
            language: row.get(5),
            fields: super::contacts::fields(row, 6),
            address: if_known(row, 7),
            at: row.get(8),
            queued: if_known(row, 9),
            wrote: if_known(row, 10),
            previous_agent: row.get::<_, Option<Uuid>>(11).map(UserId),
        };
        Ok(rows.iter().map(read).collect())
    }

    /// The rules of a workspace that are on, in their order.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub(super) async fn enabled_rules(&self, workspace: WorkspaceId) -> Result<Vec<(EntryRuleId, EntryRule)>> {
        Ok(self.query(&ENABLED, &[&workspace.0]).await?.iter().map(rule).collect())
    }
}

/// What every id of a version 7 is at least that was made then or later (RFC 9562, 5.7).
fn first_id(at: Timestamp) -> Uuid {
    let milliseconds = u128::from(u64::try_from(at.as_millisecond()).unwrap_or(0));
    Uuid::from_u128(milliseconds << 80)
}

/// What this version does not understand of conditions, whatever is set up beside them.
pub(super) fn strange(row: &Row, column: usize) -> Option<Fault> {
    let condition = match stored::read(&value(row, column).ok().flatten().unwrap_or_default()) {
        Ok(condition) => condition,
        Err(fault) => return Some(fault),
    };
    let words = Vocabulary::default();
    let faults = compile(&condition, Known { words: &words, inboxes: None, people: None }).err().unwrap_or_default();
    faults.into_iter().find(|fault| !matches!(fault.wrong, Wrong::UnknownField(_) | Wrong::UnknownTag))
}

/// Reads id, name, enabled, conditions, queue_id, tag_ids, position, priority, skills.
pub(super) fn rule(row: &Row) -> (EntryRuleId, EntryRule) {
    let rule = EntryRule {
        name: row.get(1),
        enabled: row.get(2),
        conditions: value(row, 3).ok().flatten().unwrap_or_default(),
        queue: row.get::<_, Option<Uuid>>(4).map(QueueId),
        priority: row.get(7),
        tags: row.get::<_, Vec<Uuid>>(5).into_iter().map(TagId).collect(),
        skills: if_known(row, 8).unwrap_or_default(),
        position: row.get(6),
    };
    (EntryRuleId(row.get(0)), rule)
}
