//! The set-up of a workspace as one subject: its lock, its journal and its version, and the whole of it.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::events::{self, Line};
use super::fields::field;
use super::reading::{if_known, json, value};
use super::statement::Step;
use super::users::{own_rights, role};
use super::{Result, Store, Transaction, prepare, securities, sla};
use crate::domain::channel::Channel;
use crate::domain::details;
use crate::domain::ids::{CannedReplyId, FlowId, InboxId, InvitationId, QueueId, RoleId, SlaPolicyId, TagId, TeamId, UserId, WorkspaceId};
use crate::domain::journal::{Place, Subject};
use crate::domain::setup::value::{
    Brand, CannedReply, Flow, Inbox, InboxState, Invitation, Member, Number, Queue, Role, Standing, Tag, Team, Workspace,
};
use crate::domain::setup::{Origin, RecordedSetup, Setup, SetupEvent, Who};

/// Events that are read of an act at most, and that are looked at between two looks of a person.
pub const MOST_OF_ACT: i64 = 10_000;
pub const MOST_SINCE: i64 = 10_000;

/// People, in the order that [`member`] reads them.
macro_rules! members {
    () => {
        "
        SELECT person.id, person.name, account.email, person.role, person.role_id, person.active, person.locale, agent.availability, agent.capacity,
            ARRAY(SELECT team_id FROM team_members AS member
                  WHERE member.workspace_id = person.workspace_id AND member.user_id = person.id) AS teams,
            person.languages, person.successor_id,
            (SELECT jsonb_object_agg(skill_id, level) FROM agent_skills AS has
             WHERE has.workspace_id = person.workspace_id AND has.user_id = person.id) AS skills
        FROM users AS person
        JOIN accounts AS account ON account.id = person.account_id
        JOIN agents AS agent ON agent.workspace_id = person.workspace_id AND agent.user_id = person.id
        WHERE person.workspace_id = $1"
    };
}

crate::statements! {
    LOCK = "SELECT last_seq, version FROM setups WHERE workspace_id = $1 FOR UPDATE";
    ADVANCE = "UPDATE setups SET last_seq = $2, version = $3 WHERE workspace_id = $1";
    VERSION = "SELECT version FROM setups WHERE workspace_id = $1";
    /// Of all workspaces that a node keeps.
    VERSIONS = "SELECT workspace_id, version FROM setups WHERE workspace_id = ANY($1)";
    SINCE = "
        SELECT seq, at, event
        FROM events
        WHERE workspace_id = $1 AND subject_id = $1 AND seq > $2
        ORDER BY seq
        LIMIT $3";
    BEFORE = "
        SELECT seq, at, event
        FROM events
        WHERE workspace_id = $1 AND subject_id = $1 AND seq < $2
        ORDER BY seq DESC
        LIMIT $3";
    HEAD = "SELECT last_seq, version, is_start_hidden FROM setups WHERE workspace_id = $1";
    HIDE_START = "UPDATE setups SET is_start_hidden = $2 WHERE workspace_id = $1";
    /// The act of an event.
    OF_ACT = "
        WITH one AS (
            SELECT (event ->> 'act')::bigint AS act
            FROM events
            WHERE workspace_id = $1 AND subject_id = $1 AND seq = $2
        )
        SELECT seq, at, event
        FROM events
        WHERE workspace_id = $1 AND subject_id = $1 AND seq >= (SELECT act FROM one) AND seq < (SELECT act FROM one) + $3
          AND event ->> 'act' = (SELECT act::text FROM one)
        ORDER BY seq";
    MEMBERS = concat!(members!(), " ORDER BY person.id LIMIT 10000");
    MEMBER = concat!(members!(), " AND person.id = $2");
    WORKSPACE = "
        SELECT id AS workspace_id, name, locale, time_zone, lease_minutes, answer_minutes, accent, logo, white_label
        FROM workspaces
        WHERE id = $1";
    INVITATIONS = "
        SELECT id, email, role, role_id, capacity, team_ids, languages, standing, expires_at
        FROM invitations
        WHERE workspace_id = $1 AND standing = 'open'
        ORDER BY id
        LIMIT 10000";
    ROLES = "SELECT id, name, permissions, visibility FROM roles WHERE workspace_id = $1 ORDER BY id LIMIT 10000";
    TEAMS = "SELECT id, name FROM teams WHERE workspace_id = $1 ORDER BY id LIMIT 10000";
    QUEUES = "
        SELECT id, key, name, team_id, hours, promise_minutes, strategy, position, widening, sla_policy_id, rest, overflow,
            sticky, announcements
        FROM queues
        WHERE workspace_id = $1
        ORDER BY id
        LIMIT 10000";
    FLOWS = "
        SELECT id, name, published_version,
            (SELECT max(version) FROM flow_versions AS version WHERE version.workspace_id = flow.workspace_id AND version.flow_id = flow.id),
            archived
        FROM flows AS flow
        WHERE workspace_id = $1
        ORDER BY id
        LIMIT 10000";
    /// The published versions, and those that are named.
    DEFINITIONS = "
        SELECT version.flow_id, version.version, version.definition
        FROM flow_versions AS version
        JOIN flows AS flow ON flow.workspace_id = version.workspace_id AND flow.id = version.flow_id
        WHERE version.workspace_id = $1
          AND (version.version = flow.published_version
               OR (version.flow_id, version.version) IN (SELECT * FROM UNNEST($2::uuid[], $3::integer[])))
        ORDER BY version.flow_id, version.version
        LIMIT 10000";
    CANNED_REPLIES = "SELECT id, shortcut, body, folder, team_id, owner_id FROM canned_replies WHERE workspace_id = $1 ORDER BY id LIMIT 10000";
    TAGS = "SELECT id, name, colour, archived, merged_into FROM tags WHERE workspace_id = $1 ORDER BY id LIMIT 10000";
    FIELDS = "
        SELECT id, key, label, of_what, kind, choices, shown, locked, position
        FROM fields
        WHERE workspace_id = $1
        ORDER BY id
        LIMIT 10000";
    ENTRY_RULES = "
        SELECT id, name, enabled, conditions, queue_id, tag_ids, position, priority, skills
        FROM entry_rules
        WHERE workspace_id = $1
        ORDER BY id
        LIMIT 10000";
    SKILLS = "SELECT id, key, name, language FROM skills WHERE workspace_id = $1 ORDER BY id LIMIT 10000";
    INBOXES = "
        SELECT inbox.id, inbox.name, inbox.flow_id, inbox.default_queue_id, inbox.reopen_hours, inbox.channel,
            number.app_id, number.phone_number_id, number.waba_id, number.display_phone_number, inbox.state
        FROM inboxes AS inbox
        LEFT JOIN whatsapp_numbers AS number ON number.workspace_id = inbox.workspace_id AND number.inbox_id = inbox.id
        WHERE inbox.workspace_id = $1
        ORDER BY inbox.id
        LIMIT 10000";
}

/// Where a set-up stands: its last event, and the last one of those that nodes keep it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalHead {
    pub last_seq: i64,
    pub version: i64,
}

/// Locks the set-up of a workspace until the transaction ends; nothing when there is no such workspace.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn lock(transaction: &Transaction<'_>, workspace: WorkspaceId) -> Result<Option<JournalHead>> {
    let statement = prepare(transaction, &LOCK).await?;
    let row = transaction.query_opt(&statement, &[&workspace.0]).await?;
    Ok(row.map(|row| JournalHead { last_seq: row.get(0), version: row.get(1) }))
}

/// Reads all of it, with these versions of flows besides the published ones.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn load(transaction: &Transaction<'_>, workspace: WorkspaceId, versions: &[(FlowId, i32)]) -> Result<Setup> {
    let (flows, numbers): (Vec<Uuid>, Vec<i32>) = versions.iter().map(|(flow, version)| (flow.0, *version)).unzip();
    let mut prepared = Vec::new();
    for statement in [
        WORKSPACE,
        securities::ITSELF,
        MEMBERS,
        INVITATIONS,
        ROLES,
        TEAMS,
        QUEUES,
        FLOWS,
        CANNED_REPLIES,
        INBOXES,
        TAGS,
        FIELDS,
        ENTRY_RULES,
        SKILLS,
        sla::ALL,
    ] {
        prepared.push(prepare(transaction, &statement).await?);
    }
    let definitions = prepare(transaction, &DEFINITIONS).await?;
    let of_workspace: [&(dyn ToSql + Sync); 1] = [&workspace.0];
    let named: [&(dyn ToSql + Sync); 3] = [&workspace.0, &flows, &numbers];
    let all = try_join_all(prepared.iter().map(|statement| transaction.query(statement, &of_workspace)));
    let (all, definitions) = tokio::try_join!(all, transaction.query(&definitions, &named))?;
    let [
        workspaces,
        policies,
        members,
        invitations,
        roles,
        teams,
        queues,
        flows,
        replies,
        inboxes,
        tags,
        fields,
        rules,
        skills,
        sla_policies,
    ] = all.try_into().unwrap_or_default();
    let latest = |row: &Row| Some((FlowId(row.get(0)), row.get::<_, Option<i32>>(3)?));
    let mut setup = Setup {
        workspaces: workspaces.iter().map(|row| (WorkspaceId(row.get(0)), itself(row))).collect(),
        securities: policies.iter().map(|row| (WorkspaceId(row.get(0)), securities::read(row))).collect(),
        members: members.iter().map(member).collect(),
        invitations: invitations.iter().map(invitation).collect(),
        roles: roles.iter().map(own_role).collect(),
        teams: teams.iter().map(|row| (TeamId(row.get(0)), Team { name: row.get(1) })).collect(),
        queues: BTreeMap::new(),
        latest_versions: flows.iter().filter_map(latest).collect(),
        flows: flows
            .iter()
            .map(|row| (FlowId(row.get(0)), Flow { name: row.get(1), published: row.get(2), archived: row.get(4) }))
            .collect(),
        canned_replies: replies.iter().map(canned_reply).collect(),
        inboxes: inboxes.iter().map(inbox).collect(),
        tags: tags.iter().map(tag).collect(),
        fields: fields.iter().map(field).collect(),
        entry_rules: rules.iter().map(super::entry_rules::rule).collect(),
        skills: skills.iter().map(super::skills::set_up).collect(),
        sla_policies: sla_policies.iter().map(sla::policy).collect(),
        definitions: BTreeMap::new(),
    };
    for row in &queues {
        setup.queues.insert(QueueId(row.get(0)), queue(row)?);
    }
    for row in &definitions {
        setup.definitions.insert((FlowId(row.get(0)), row.get(1)), value(row, 2)?.unwrap_or_default());
    }
    Ok(setup)
}

/// Reads one person alone.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn load_member(transaction: &Transaction<'_>, workspace: WorkspaceId, user: UserId) -> Result<Setup> {
    let statement = prepare(transaction, &MEMBER).await?;
    let row = transaction.query_opt(&statement, &[&workspace.0, &user.0]).await?;
    Ok(Setup { members: row.iter().map(member).collect(), ..Setup::default() })
}

/// What happened after an event, oldest first.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn since(transaction: &Transaction<'_>, workspace: WorkspaceId, seq: i64) -> Result<Vec<RecordedSetup>> {
    let statement = prepare(transaction, &SINCE).await?;
    Ok(transaction.query(&statement, &[&workspace.0, &seq, &MOST_SINCE]).await?.iter().map(recorded).collect())
}

/// The events of the act that an event belongs to; none when there is no such event.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn of_act(transaction: &Transaction<'_>, workspace: WorkspaceId, seq: i64) -> Result<Vec<RecordedSetup>> {
    let statement = prepare(transaction, &OF_ACT).await?;
    Ok(transaction.query(&statement, &[&workspace.0, &seq, &MOST_OF_ACT]).await?.iter().map(recorded).collect())
}

/// A line of the journal: the first line of the same act, how many it has, who did it, from where, and what it changed, without secrets. What an undo goes by.
#[derive(Serialize)]
struct Written<'a> {
    act: i64,
    size: i64,
    who: &'a Who,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a Origin>,
    what: &'a SetupEvent,
}

/// Adds an act to the journal, and says how far the set-up has come.
pub(super) fn append(workspace: WorkspaceId, act: &[RecordedSetup], head: JournalHead) -> Result<Vec<Step>> {
    let line = |recorded: &RecordedSetup| -> Result<Line> {
        let RecordedSetup { seq, act, size, at, who, from, event } = recorded;
        let written = serde_json::to_value(Written { act: *act, size: *size, who, from: from.as_ref(), what: event })?;
        Ok(Line { subject: Subject::Setup, seq: *seq, at: *at, kind: event.kind(), place: Place::Nothing, event: written })
    };
    let lines = act.iter().map(line).collect::<Result<Vec<_>>>()?;
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![events::append(workspace, lines), Step::of(ADVANCE).with(workspace.0).with(head.last_seq).with(head.version)])
}

impl Store {
    /// The version of a workspace's set-up; 0 before anything was set up.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn setup_version(&self, workspace: WorkspaceId) -> Result<i64> {
        Ok(self.query_opt(&VERSION, &[&workspace.0]).await?.map_or(0, |row| row.get(0)))
    }

    /// The versions of some workspaces' set-ups.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn setup_versions(&self, workspaces: &[Uuid]) -> Result<Vec<(WorkspaceId, i64)>> {
        let rows = self.query(&VERSIONS, &[&workspaces]).await?;
        Ok(rows.iter().map(|row| (WorkspaceId(row.get(0)), row.get(1))).collect())
    }

    /// Where the set-up's journal stands; at 0 before anything was set up.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn setup_head(&self, workspace: WorkspaceId) -> Result<JournalHead> {
        let row = self.query_opt(&HEAD, &[&workspace.0]).await?;
        Ok(row.map_or(JournalHead { last_seq: 0, version: 0 }, |row| JournalHead { last_seq: row.get(0), version: row.get(1) }))
    }

    /// All of it, with the published versions of its flows.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn setup(&self, workspace: WorkspaceId) -> Result<Setup> {
        let mut client = self.client().await?;
        let transaction = Transaction::begin(&mut client);
        let setup = load(&transaction, workspace, &[]).await?;
        transaction.commit().await?;
        Ok(setup)
    }

    /// What is decided about the workspace as a whole; nothing when there is no such workspace.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn workspace(&self, workspace: WorkspaceId) -> Result<Option<Workspace>> {
        Ok(self.query_opt(&WORKSPACE, &[&workspace.0]).await?.as_ref().map(itself))
    }

    /// As [`Store::setup_head`], and whether somebody is still to be told what a workspace begins with.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn setup_page_head(&self, workspace: WorkspaceId) -> Result<(JournalHead, bool)> {
        let row = self.query_opt(&HEAD, &[&workspace.0]).await?;
        Ok(row.map_or((JournalHead { last_seq: 0, version: 0 }, true), |row| {
            (JournalHead { last_seq: row.get(0), version: row.get(1) }, !row.get::<_, bool>(2))
        }))
    }

    /// Hides what a workspace begins with, or shows it again.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn hide_start(&self, workspace: WorkspaceId, is_hidden: bool) -> Result<()> {
        self.execute(&HIDE_START, &[&workspace.0, &is_hidden]).await?;
        Ok(())
    }

    /// What was set up before an event, latest first; at most `limit` events.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn setup_events_before(&self, workspace: WorkspaceId, seq: i64, limit: i64) -> Result<Vec<RecordedSetup>> {
        Ok(self.query(&BEFORE, &[&workspace.0, &seq, &limit]).await?.iter().map(recorded).collect())
    }
}

/// What this version does not understand has its place all the same.
pub(super) fn recorded(row: &Row) -> RecordedSetup {
    #[derive(Deserialize)]
    struct Read {
        act: i64,
        #[serde(default)]
        size: Option<i64>,
        #[serde(default)]
        who: Value,
        #[serde(default)]
        from: Value,
        #[serde(default)]
        what: Value,
    }
    let seq = row.get(0);
    let read = json(row, 2).unwrap_or(Read { act: seq, size: None, who: Value::Null, from: Value::Null, what: Value::Null });
    RecordedSetup {
        seq,
        act: read.act,
        size: read.size.unwrap_or(1),
        from: serde_json::from_value(read.from).ok(),
        at: row.get(1),
        who: serde_json::from_value(read.who).unwrap_or(Who::Strange),
        event: serde_json::from_value(read.what).unwrap_or(SetupEvent::Strange(Value::Null)),
    }
}

fn itself(row: &Row) -> Workspace {
    let brand = Brand { accent: row.get(6), logo: row.get(7), white_label: row.get(8) };
    Workspace { name: row.get(1), locale: row.get(2), time_zone: row.get(3), lease_minutes: row.get(4), answer_minutes: row.get(5), brand }
}

fn member(row: &Row) -> (UserId, Member) {
    let member = Member {
        name: row.get(1),
        email: row.get(2),
        role: role(row, 3),
        active: row.get(5),
        locale: row.get(6),
        availability: super::agents::availability(row.get(7)),
        capacity: row.get(8),
        teams: row.get::<_, Vec<Uuid>>(9).into_iter().map(TeamId).collect(),
        languages: row.get::<_, Vec<String>>(10).into_iter().collect(),
        successor: row.get::<_, Option<Uuid>>(11).map(UserId),
        skills: if_known(row, 12).unwrap_or_default(),
    };
    (UserId(row.get(0)), member)
}

fn invitation(row: &Row) -> (InvitationId, Invitation) {
    let invitation = Invitation {
        email: row.get(1),
        role: role(row, 2),
        capacity: row.get(4),
        teams: row.get::<_, Vec<Uuid>>(5).into_iter().map(TeamId).collect(),
        languages: row.get::<_, Vec<String>>(6).into_iter().collect(),
        standing: Standing::read(row.get(7)),
        expires_at: row.get(8),
    };
    (InvitationId(row.get(0)), invitation)
}

fn own_role(row: &Row) -> (RoleId, Role) {
    (RoleId(row.get(0)), Role { name: row.get(1), rights: own_rights(row, 2) })
}

fn queue(row: &Row) -> Result<Queue> {
    Ok(Queue {
        key: row.get(1),
        name: row.get(2),
        team: TeamId(row.get(3)),
        hours: value(row, 4)?.unwrap_or_default(),
        promise_minutes: row.get(5),
        strategy: row.get(6),
        position: row.get(7),
        widening: if_known(row, 8).unwrap_or_default(),
        sla_policy: row.get::<_, Option<Uuid>>(9).map(SlaPolicyId),
        rest: if_known(row, 10).map(Box::new),
        overflow: if_known(row, 11).unwrap_or_default(),
        sticky: if_known(row, 12),
        announcements: if_known(row, 13).unwrap_or_default(),
    })
}

pub(super) fn canned_reply(row: &Row) -> (CannedReplyId, CannedReply) {
    let reply = CannedReply {
        shortcut: row.get(1),
        body: row.get(2),
        folder: row.get(3),
        team: row.get::<_, Option<Uuid>>(4).map(TeamId),
        owner: row.get::<_, Option<Uuid>>(5).map(UserId),
    };
    (CannedReplyId(row.get(0)), reply)
}

fn tag(row: &Row) -> (TagId, Tag) {
    let details::Tag { id, name, colour, archived, merged_into } = super::tags::tag(row);
    (id, Tag { name, colour, archived, merged_into })
}

fn inbox(row: &Row) -> (InboxId, Inbox) {
    let app_id: Option<String> = row.get(6);
    let number = app_id.map(|app_id| Number { app_id, phone_number_id: row.get(7), waba_id: row.get(8), display_phone_number: row.get(9) });
    let inbox = Inbox {
        name: row.get(1),
        channel: Channel::from(row.get::<_, String>(5)),
        flow: row.get::<_, Option<Uuid>>(2).map(FlowId),
        default_queue: QueueId(row.get(3)),
        reopen_hours: row.get(4),
        number,
        state: InboxState::read(row.get(10)),
    };
    (InboxId(row.get(0)), inbox)
}
