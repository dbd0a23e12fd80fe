//! What events of a set-up mean for rows.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::flight::to_the_end;
use super::inboxes::{SET_ACCESS_TOKEN, sealed_token};
use super::setups::{JournalHead, append};
use super::statement::Step;
use super::{Result, Store, Transaction, recounts, securities, sla};
use crate::domain::ids::{
    CannedReplyId, EntryRuleId, FieldId, FlowId, InboxId, InvitationId, QueueId, RoleId, SkillId, TagId, TeamId, UserId, WorkspaceId,
};
use crate::domain::setup::value::{
    CannedReply, EntryRule, Field, Flow, Inbox, InboxState, Invitation, Member, Number, Queue, Role, Security, Skill, Tag, Team, Workspace,
};
use crate::domain::setup::{Changed, RecordedSetup, SetupEvent};

/// What Meta lets a number send a second unless it was raised (Meta, throughput).
const RATE_PER_SECOND: i32 = 80;

crate::statements! {
    /// Everybody may be given conversations, whatever the role. Their account is there; what another workspace gave out to it opens it
    /// no more.
    ADD_MEMBER = "
        WITH gone AS (
            DELETE FROM account_links
            WHERE account_id = (SELECT id FROM accounts WHERE lower(email) = $4)
        ), person AS (
            INSERT INTO users (workspace_id, id, account_id, name, role, role_id, active, locale, languages)
            VALUES ($1, $2, (SELECT id FROM accounts WHERE lower(email) = $4), $3, $5, $6, $7, $8, $11)
            RETURNING workspace_id, id
        )
        INSERT INTO agents (workspace_id, user_id, availability, capacity)
        SELECT workspace_id, id, $9, $10
        FROM person";
    /// After whoever is giving this person work just now, so that none comes later.
    HOLD_AGENT = "SELECT user_id FROM agents WHERE workspace_id = $1 AND user_id = $2 FOR UPDATE";
    /// What is not named stays, also where this version does not understand it. Whoever is online is back.
    CHANGE_AGENT = "
        UPDATE agents
        SET availability = coalesce($3, availability), availability_at = CASE WHEN $3 IS NULL THEN availability_at ELSE now() END,
            capacity = coalesce($4, capacity), signed_off_at = CASE WHEN $3 = 'online' THEN NULL ELSE signed_off_at END,
            keep_until = CASE WHEN $3 = 'online' THEN NULL ELSE keep_until END
        WHERE workspace_id = $1 AND user_id = $2";
    CHANGE_USER = "
        UPDATE users
        SET name = coalesce($3, name), active = coalesce($4, active), locale = coalesce($5, locale), languages = coalesce($6, languages)
        WHERE workspace_id = $1 AND id = $2";
    CHANGE_WORKSPACE = "
        UPDATE workspaces
        SET name = $2, locale = $3, time_zone = $4, lease_minutes = $5, answer_minutes = $6, accent = $7, logo = $8,
            white_label = $9
        WHERE id = $1";
    CHANGE_SUCCESSOR = "UPDATE users SET successor_id = $3 WHERE workspace_id = $1 AND id = $2";
    ADD_INVITATION = "
        INSERT INTO invitations (workspace_id, id, email, role, role_id, capacity, team_ids, languages, standing, expires_at, secret_hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '')";
    CHANGE_INVITATION = "UPDATE invitations SET standing = $3, expires_at = $4 WHERE workspace_id = $1 AND id = $2";
    SET_INVITATION_LINK = "UPDATE invitations SET secret_hash = decode($3, 'hex') WHERE workspace_id = $1 AND id = $2";
    /// Whoever was given a link by which a newcomer comes in may be allowed less than that newcomer is from now on.
    CHANGE_USERS_ROLE = "
        WITH gone AS (
            DELETE FROM account_links
            WHERE purpose = 'password'
              AND account_id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2 AND used_at IS NULL)
        )
        UPDATE users
        SET role = $3, role_id = $4
        WHERE workspace_id = $1 AND id = $2";
    LEAVE_TEAMS = "DELETE FROM team_members WHERE workspace_id = $1 AND user_id = $2 AND team_id <> ALL($3)";
    JOIN_TEAMS = "
        INSERT INTO team_members (workspace_id, team_id, user_id)
        SELECT $1, team_id, $2
        FROM UNNEST($3::uuid[]) AS team_id
        ON CONFLICT (workspace_id, team_id, user_id) DO NOTHING";
    LOSE_SKILLS = "DELETE FROM agent_skills WHERE workspace_id = $1 AND user_id = $2 AND skill_id <> ALL($3)";
    GAIN_SKILLS = "
        INSERT INTO agent_skills (workspace_id, user_id, skill_id, level)
        SELECT $1, $2, *
        FROM UNNEST($3::uuid[], $4::smallint[])
        ON CONFLICT (workspace_id, user_id, skill_id)
        DO UPDATE SET level = excluded.level";
    ADD_SKILL = "INSERT INTO skills (workspace_id, id, key, name, language) VALUES ($1, $2, $3, $4, $5)";
    CHANGE_SKILL = "UPDATE skills SET key = $3, name = $4, language = $5 WHERE workspace_id = $1 AND id = $2";
    REMOVE_SKILL = "DELETE FROM skills WHERE workspace_id = $1 AND id = $2";
    /// Links that are under way were for who it was before.
    CHANGE_EMAIL = "
        WITH gone AS (
            DELETE FROM account_links
            WHERE account_id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2)
        )
        UPDATE accounts
        SET email = $3
        WHERE id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2)";
    SET_PASSWORD = "
        WITH gone AS (
            DELETE FROM account_links
            WHERE account_id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2)
        )
        UPDATE accounts
        SET password_hash = $3
        WHERE id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2)";
    REMOVE_SECOND_FACTOR = "
        WITH account AS (
            UPDATE accounts
            SET totp_secret = NULL
            WHERE id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2)
            RETURNING id
        )
        DELETE FROM recovery_codes
        WHERE account_id = (SELECT id FROM account)";
    ADD_ROLE = "INSERT INTO roles (workspace_id, id, name, permissions, visibility) VALUES ($1, $2, $3, $4, $5)";
    CHANGE_ROLE = "UPDATE roles SET name = $3, permissions = $4, visibility = $5 WHERE workspace_id = $1 AND id = $2";
    REMOVE_ROLE = "DELETE FROM roles WHERE workspace_id = $1 AND id = $2";
    ADD_TEAM = "INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, $3)";
    CHANGE_TEAM = "UPDATE teams SET name = $3 WHERE workspace_id = $1 AND id = $2";
    REMOVE_TEAM = "DELETE FROM teams WHERE workspace_id = $1 AND id = $2";
    ADD_QUEUE = "
        INSERT INTO queues (workspace_id, id, key, name, team_id, hours, promise_minutes, strategy, position, widening, sla_policy_id,
            rest, overflow, sticky, announcements)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10::jsonb, '[]'), $11, $12, coalesce($13::jsonb, '{}'), $14,
            coalesce($15::jsonb, '{}'))";
    /// Steps that are not named stay, also where this version does not understand them; so do a rest, and what becomes of those who wait.
    CHANGE_QUEUE = "
        UPDATE queues
        SET key = $3, name = $4, team_id = $5, hours = $6, promise_minutes = $7, strategy = $8, position = $9,
            widening = coalesce($10, widening),
            sla_policy_id = $11, rest = CASE WHEN $16 THEN $12 ELSE rest END,
            overflow = coalesce($13, overflow), sticky = CASE WHEN $17 THEN $14 ELSE sticky END,
            announcements = coalesce($15, announcements)
        WHERE workspace_id = $1 AND id = $2";
    REMOVE_QUEUE = "DELETE FROM queues WHERE workspace_id = $1 AND id = $2";
    /// What was of queues that are gone already goes on with what was of this one.
    MOVE_QUEUE = "
        WITH earlier AS (UPDATE removed_queues SET successor_id = $3 WHERE workspace_id = $1 AND successor_id = $2)
        INSERT INTO removed_queues (workspace_id, id, successor_id)
        VALUES ($1, $2, $3)";
    /// It is there again.
    BRING_BACK_QUEUE = "DELETE FROM removed_queues WHERE workspace_id = $1 AND id = $2";
    ADD_CANNED_REPLY = "
        INSERT INTO canned_replies (workspace_id, id, shortcut, body, folder, team_id, owner_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CHANGE_CANNED_REPLY = "
        UPDATE canned_replies
        SET shortcut = $3, body = $4, folder = $5, team_id = $6, owner_id = $7
        WHERE workspace_id = $1 AND id = $2";
    REMOVE_CANNED_REPLY = "DELETE FROM canned_replies WHERE workspace_id = $1 AND id = $2";
    ADD_TAG = "INSERT INTO tags (workspace_id, id, name, colour, archived, merged_into) VALUES ($1, $2, $3, $4, $5, $6)";
    CHANGE_TAG = "UPDATE tags SET name = $3, colour = $4, archived = $5, merged_into = $6 WHERE workspace_id = $1 AND id = $2";
    REMOVE_TAG = "DELETE FROM tags WHERE workspace_id = $1 AND id = $2";
    ADD_FIELD = "
        INSERT INTO fields (workspace_id, id, key, label, of_what, kind, choices, shown, locked, position)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    CHANGE_FIELD = "
        UPDATE fields
        SET key = $3, label = $4, of_what = $5, kind = $6, choices = $7, shown = $8, locked = $9, position = $10
        WHERE workspace_id = $1 AND id = $2";
    ADD_ENTRY_RULE = "
        INSERT INTO entry_rules (workspace_id, id, name, enabled, conditions, queue_id, tag_ids, position, priority, skills)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10::jsonb, '{}'))";
    /// What it asks for stays where that is not named, as in [`CHANGE_QUEUE`].
    CHANGE_ENTRY_RULE = "
        UPDATE entry_rules
        SET name = $3, enabled = $4, conditions = $5, queue_id = $6, tag_ids = $7, position = $8, priority = $9,
            skills = coalesce($10, skills)
        WHERE workspace_id = $1 AND id = $2";
    REMOVE_ENTRY_RULE = "DELETE FROM entry_rules WHERE workspace_id = $1 AND id = $2";
    REMOVE_FIELD = "DELETE FROM fields WHERE workspace_id = $1 AND id = $2";
    ADD_FLOW = "INSERT INTO flows (workspace_id, id, name, published_version, archived) VALUES ($1, $2, $3, $4, $5)";
    CHANGE_FLOW = "UPDATE flows SET name = $3, published_version = $4, archived = $5 WHERE workspace_id = $1 AND id = $2";
    ADD_FLOW_VERSION = "INSERT INTO flow_versions (workspace_id, flow_id, version, definition) VALUES ($1, $2, $3, $4)";
    ADD_INBOX = "
        WITH inbox AS (
            INSERT INTO inboxes (workspace_id, id, name, flow_id, default_queue_id, reopen_hours, channel)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            RETURNING workspace_id, id)
        INSERT INTO allowances (workspace_id, inbox_id, rate_per_second)
        SELECT workspace_id, id, $8
        FROM inbox";
    ADD_NUMBER = "
        INSERT INTO whatsapp_numbers (workspace_id, inbox_id, app_id, phone_number_id, waba_id, display_phone_number, access_token)
        VALUES ($1, $2, $3, $4, $5, $6, '')";
    /// A state that is not named stays, also where this version does not understand it.
    CHANGE_INBOX = "
        UPDATE inboxes
        SET name = $3, flow_id = $4, default_queue_id = $5, reopen_hours = $6, state = coalesce($7, state)
        WHERE workspace_id = $1 AND id = $2";
    CHANGE_NUMBER = "
        UPDATE whatsapp_numbers
        SET app_id = $3, phone_number_id = $4, waba_id = $5, display_phone_number = $6
        WHERE workspace_id = $1 AND inbox_id = $2";
    /// What waits is due when it speaks again; one that is paused waits for a person, however long. What waits for one that is
    /// disconnected is claimed, and told that nothing is sent.
    HOLD_NUMBER = "
        UPDATE allowances
        SET paused_until = CASE WHEN $3 THEN timestamptz '9000-01-01Z' END, pause_reason = NULL
        WHERE workspace_id = $1 AND inbox_id = $2";
    FORGET_TOKEN = "UPDATE whatsapp_numbers SET access_token = '' WHERE workspace_id = $1 AND inbox_id = $2";
    /// A number that speaks again keeps what of its conversations is not resolved yet.
    FORGET_ENDING = "DELETE FROM number_endings WHERE workspace_id = $1 AND inbox_id = $2";
}

/// Writes what an act changed, its lines in the journal, and how far the set-up has come, and commits it, at once.
///
/// # Errors
/// As PostgreSQL answers, and when a secret cannot be sealed.
pub async fn commit(
    transaction: Transaction<'_>,
    store: &Store,
    workspace: WorkspaceId,
    act: &[RecordedSetup],
    head: JournalHead,
) -> Result<()> {
    let mut steps = Vec::new();
    for recorded in act {
        steps.extend(rows(store, workspace, &recorded.event)?);
    }
    if act.iter().any(|recorded| recorded.event.moves_deadlines()) {
        steps.push(recounts::ask(workspace, head.version));
    }
    steps.extend(append(workspace, act, head)?);
    to_the_end(transaction, steps).await
}

fn rows(store: &Store, workspace: WorkspaceId, event: &SetupEvent) -> Result<Vec<Step>> {
    Ok(match event {
        SetupEvent::Workspace(changed) => whole(workspace, changed),
        SetupEvent::Security(changed) => security(workspace, changed),
        SetupEvent::Member(changed) => member(workspace, changed),
        SetupEvent::Invitation(changed) => invitation(workspace, changed),
        SetupEvent::Role(changed) => role(workspace, changed),
        SetupEvent::Team(changed) => team(workspace, changed),
        SetupEvent::Queue(changed) => queue(workspace, changed)?,
        SetupEvent::CannedReply(changed) => canned_reply(workspace, changed),
        SetupEvent::Flow(changed) => flow(workspace, changed),
        SetupEvent::Tag(changed) => tag(workspace, changed),
        SetupEvent::Field(changed) => field(workspace, changed),
        SetupEvent::EntryRule(changed) => entry_rule(workspace, changed)?,
        SetupEvent::Skill(changed) => skill(workspace, changed),
        SetupEvent::SlaPolicy(changed) => sla::row(workspace, changed),
        SetupEvent::Inbox(changed) => inbox(workspace, changed),
        SetupEvent::QueueMoved { id, to } => vec![Step::of(MOVE_QUEUE).with(workspace.0).with(id.0).with(to.0)],
        SetupEvent::FlowVersion { flow, version, definition } => {
            vec![Step::of(ADD_FLOW_VERSION).with(workspace.0).with(flow.0).with(*version).with(definition.clone())]
        }
        SetupEvent::Password { member, hash } => {
            vec![Step::of(SET_PASSWORD).with(workspace.0).with(member.0).with(hash.reveal().to_owned())]
        }
        SetupEvent::InvitationLink { invitation, hash } => {
            vec![Step::of(SET_INVITATION_LINK).with(workspace.0).with(invitation.0).with(hash.reveal().to_owned())]
        }
        SetupEvent::SecondFactor { member } => vec![Step::of(REMOVE_SECOND_FACTOR).with(workspace.0).with(member.0)],
        SetupEvent::AccessToken { inbox, token } => {
            let sealed = sealed_token(store.keys(), *inbox, token.reveal())?;
            vec![Step::of(SET_ACCESS_TOKEN).with(workspace.0).with(inbox.0).with(sealed)]
        }
        // What somebody proves with who they are is written beside it.
        SetupEvent::SecondFactorSetUp { .. }
        | SetupEvent::SecondFactorCodes { .. }
        | SetupEvent::SignedIn { .. }
        | SetupEvent::Exported { .. }
        | SetupEvent::Strange(_) => Vec::new(),
    })
}

/// A workspace is made and removed elsewhere.
fn security(workspace: WorkspaceId, changed: &Changed<WorkspaceId, Security>) -> Vec<Step> {
    let Some(security) = changed.after.clone() else { return Vec::new() };
    let step = Step::of(securities::CHANGE).with(workspace.0).with(security.session_idle_minutes).with(security.session_life_minutes);
    vec![step.with(security.least_password).with(security.second_factor_roles.into_iter().collect::<Vec<String>>())]
}

fn whole(workspace: WorkspaceId, changed: &Changed<WorkspaceId, Workspace>) -> Vec<Step> {
    let Some(Workspace { name, locale, time_zone, lease_minutes, answer_minutes, brand }) = changed.after.clone() else {
        return Vec::new();
    };
    vec![
        Step::of(CHANGE_WORKSPACE)
            .with(workspace.0)
            .with(name)
            .with(locale)
            .with(time_zone)
            .with(lease_minutes)
            .with(answer_minutes)
            .with(brand.accent)
            .with(brand.logo)
            .with(brand.white_label),
    ]
}

fn member(workspace: WorkspaceId, changed: &Changed<UserId, Member>) -> Vec<Step> {
    let Some(after) = &changed.after else { return Vec::new() };
    let row = |statement| Step::of(statement).with(workspace.0).with(changed.id.0);
    let teams = |teams: &BTreeSet<TeamId>| teams.iter().map(|team| team.0).collect::<Vec<_>>();
    let Some(before) = &changed.before else {
        let person = row(ADD_MEMBER)
            .with(after.name.clone())
            .with(after.email.clone())
            .with(after.role.word())
            .with(after.role.id().map(|id| id.0))
            .with(after.active)
            .with(after.locale.clone())
            .with(after.availability.as_str())
            .with(after.capacity)
            .with(words(&after.languages));
        return vec![person, row(JOIN_TEAMS).with(teams(&after.teams)), gained(workspace, changed.id, after)];
    };
    let mut steps = Vec::new();
    if before.active != after.active {
        steps.push(row(HOLD_AGENT));
    }
    if (before.availability, before.capacity) != (after.availability, after.capacity) {
        let availability = (before.availability != after.availability).then(|| after.availability.as_str());
        let capacity = (before.capacity != after.capacity).then_some(after.capacity);
        steps.push(row(CHANGE_AGENT).with(availability).with(capacity));
    }
    let text = |was: &String, is: &String| (was != is).then(|| is.clone());
    let (name, email, locale) = (text(&before.name, &after.name), text(&before.email, &after.email), text(&before.locale, &after.locale));
    let active = (before.active != after.active).then_some(after.active);
    let languages = (before.languages != after.languages).then(|| words(&after.languages));
    if name.is_some() || locale.is_some() || active.is_some() || languages.is_some() {
        steps.push(row(CHANGE_USER).with(name).with(active).with(locale).with(languages));
    }
    if before.successor != after.successor {
        steps.push(row(CHANGE_SUCCESSOR).with(after.successor.map(|user| user.0)));
    }
    steps.extend(email.map(|email| row(CHANGE_EMAIL).with(email)));
    if before.role != after.role {
        steps.push(row(CHANGE_USERS_ROLE).with(after.role.word()).with(after.role.id().map(|id| id.0)));
    }
    if before.teams != after.teams {
        steps.extend([row(LEAVE_TEAMS).with(teams(&after.teams)), row(JOIN_TEAMS).with(teams(&after.teams))]);
    }
    if before.skills != after.skills {
        let kept: Vec<Uuid> = after.skills.keys().map(|skill| skill.0).collect();
        steps.extend([row(LOSE_SKILLS).with(kept), gained(workspace, changed.id, after)]);
    }
    steps
}

fn gained(workspace: WorkspaceId, user: UserId, member: &Member) -> Step {
    let (skills, levels): (Vec<Uuid>, Vec<i16>) = member.skills.iter().map(|(skill, level)| (skill.0, *level)).unzip();
    Step::of(GAIN_SKILLS).with(workspace.0).with(user.0).with(skills).with(levels)
}

fn skill(workspace: WorkspaceId, changed: &Changed<SkillId, Skill>) -> Vec<Step> {
    let row = |statement| Step::of(statement).with(workspace.0).with(changed.id.0);
    match changed.after.clone() {
        Some(Skill { key, name, language }) => vec![row(one_of(changed, ADD_SKILL, CHANGE_SKILL)).with(key).with(name).with(language)],
        None => vec![row(REMOVE_SKILL)],
    }
}

fn words(languages: &BTreeSet<String>) -> Vec<String> {
    languages.iter().cloned().collect()
}

/// What it offers stays as it was made.
fn invitation(workspace: WorkspaceId, changed: &Changed<InvitationId, Invitation>) -> Vec<Step> {
    let Some(after) = &changed.after else { return Vec::new() };
    let row = |statement| Step::of(statement).with(workspace.0).with(changed.id.0);
    if changed.before.is_some() {
        return vec![row(CHANGE_INVITATION).with(after.standing.as_str()).with(after.expires_at)];
    }
    let added = row(ADD_INVITATION)
        .with(after.email.clone())
        .with(after.role.word())
        .with(after.role.id().map(|id| id.0))
        .with(after.capacity)
        .with(after.teams.iter().map(|team| team.0).collect::<Vec<_>>())
        .with(words(&after.languages))
        .with(after.standing.as_str())
        .with(after.expires_at);
    vec![added]
}

/// The statement that adds a thing, changes or removes it.
fn one_of<I, T>(changed: &Changed<I, T>, add: super::Statement, change: super::Statement) -> super::Statement {
    if changed.before.is_none() { add } else { change }
}

fn role(workspace: WorkspaceId, changed: &Changed<RoleId, Role>) -> Vec<Step> {
    let row = |statement| Step::of(statement).with(workspace.0).with(changed.id.0);
    match &changed.after {
        Some(Role { name, rights }) => {
            let step = row(one_of(changed, ADD_ROLE, CHANGE_ROLE)).with(name.clone());
            vec![step.with(rights.permissions.words()).with(rights.visibility.as_str())]
        }
        None => vec![row(REMOVE_ROLE)],
    }
}

fn team(workspace: WorkspaceId, changed: &Changed<TeamId, Team>) -> Vec<Step> {
    let row = |statement| Step::of(statement).with(workspace.0).with(changed.id.0);
    match &changed.after {
        Some(team) => vec![row(one_of(changed, ADD_TEAM, CHANGE_TEAM)).with(team.name.clone())],
        None => vec![row(REMOVE_TEAM)],
    }
}

fn queue(workspace: WorkspaceId, changed: &Changed<QueueId, Queue>) -> Result<Vec<Step>> {
    let row = |statement| Step::of(statement).with(workspace.0).with(changed.id.0);
    let Some(queue) = &changed.after else { return Ok(vec![row(REMOVE_QUEUE)]) };
    let is_new = changed.before.as_ref().is_none_or(|before| before.widening != queue.widening);
    let widening = is_new.then(|| serde_json::to_value(&queue.widening)).transpose()?;
    let is_new = changed.before.as_ref().is_none_or(|before| before.overflow != queue.overflow);
    let overflow = is_new.then(|| serde_json::to_value(&queue.overflow)).transpose()?;
    let is_new = changed.before.as_ref().is_none_or(|before| before.announcements != queue.announcements);
    let announcements = is_new.then(|| serde_json::to_value(&queue.announcements)).transpose()?;
    let has_other_sticky = changed.before.as_ref().is_none_or(|before| before.sticky != queue.sticky);
    let sticky = queue.sticky.as_ref().map(serde_json::to_value).transpose()?;
    let is_changed = changed.before.as_ref().is_none_or(|before| before.rest != queue.rest);
    let rest = queue.rest.as_ref().map(serde_json::to_value).transpose()?;
    let step = Step::of(one_of(changed, ADD_QUEUE, CHANGE_QUEUE))
        .with(workspace.0)
        .with(changed.id.0)
        .with(queue.key.clone())
        .with(queue.name.clone())
        .with(queue.team.0)
        .with(queue.hours.clone())
        .with(queue.promise_minutes)
        .with(queue.strategy.clone())
        .with(queue.position)
        .with(widening)
        .with(queue.sla_policy.map(|policy| policy.0))
        .with(rest)
        .with(overflow)
        .with(sticky)
        .with(announcements);
    let step = if changed.before.is_some() { step.with(is_changed).with(has_other_sticky) } else { step };
    Ok(if changed.before.is_none() { vec![row(BRING_BACK_QUEUE), step] } else { vec![step] })
}

fn canned_reply(workspace: WorkspaceId, changed: &Changed<CannedReplyId, CannedReply>) -> Vec<Step> {
    let row = |statement| Step::of(statement).with(workspace.0).with(changed.id.0);
    match &changed.after {
        Some(reply) => {
            let statement = one_of(changed, ADD_CANNED_REPLY, CHANGE_CANNED_REPLY);
            let texts = row(statement).with(reply.shortcut.clone()).with(reply.body.clone()).with(reply.folder.clone());
            vec![texts.with(reply.team.map(|team| team.0)).with(reply.owner.map(|owner| owner.0))]
        }
        None => vec![row(REMOVE_CANNED_REPLY)],
    }
}

fn tag(workspace: WorkspaceId, changed: &Changed<TagId, Tag>) -> Vec<Step> {
    let row = |statement| Step::of(statement).with(workspace.0).with(changed.id.0);
    match changed.after.clone() {
        Some(Tag { name, colour, archived, merged_into }) => {
            let step = row(one_of(changed, ADD_TAG, CHANGE_TAG)).with(name).with(colour).with(archived);
            vec![step.with(merged_into.map(|into| into.0))]
        }
        None => vec![row(REMOVE_TAG)],
    }
}

fn field(workspace: WorkspaceId, changed: &Changed<FieldId, Field>) -> Vec<Step> {
    let row = |statement| Step::of(statement).with(workspace.0).with(changed.id.0);
    match changed.after.clone() {
        Some(Field { key, label, of, kind, choices, shown, locked, position }) => {
            let step = row(one_of(changed, ADD_FIELD, CHANGE_FIELD)).with(key).with(label).with(of.as_str()).with(kind.as_str());
            vec![step.with(choices).with(shown).with(locked).with(position)]
        }
        None => vec![row(REMOVE_FIELD)],
    }
}

fn entry_rule(workspace: WorkspaceId, changed: &Changed<EntryRuleId, EntryRule>) -> Result<Vec<Step>> {
    let row = |statement| Step::of(statement).with(workspace.0).with(changed.id.0);
    Ok(match changed.after.clone() {
        Some(EntryRule { name, enabled, conditions, queue, priority, tags, skills, position }) => {
            let is_new = changed.before.as_ref().is_none_or(|before| before.skills != skills);
            let skills = is_new.then(|| serde_json::to_value(&skills)).transpose()?;
            let step = row(one_of(changed, ADD_ENTRY_RULE, CHANGE_ENTRY_RULE)).with(name).with(enabled).with(conditions);
            let tags: Vec<Uuid> = tags.into_iter().map(|tag| tag.0).collect();
            vec![step.with(queue.map(|queue| queue.0)).with(tags).with(position).with(priority).with(skills)]
        }
        None => vec![row(REMOVE_ENTRY_RULE)],
    })
}

fn flow(workspace: WorkspaceId, changed: &Changed<FlowId, Flow>) -> Vec<Step> {
    let Some(flow) = &changed.after else { return Vec::new() };
    let statement = one_of(changed, ADD_FLOW, CHANGE_FLOW);
    vec![Step::of(statement).with(workspace.0).with(changed.id.0).with(flow.name.clone()).with(flow.published).with(flow.archived)]
}

fn inbox(workspace: WorkspaceId, changed: &Changed<InboxId, Inbox>) -> Vec<Step> {
    let Some(inbox) = &changed.after else { return Vec::new() };
    let step = Step::of(one_of(changed, ADD_INBOX, CHANGE_INBOX))
        .with(workspace.0)
        .with(changed.id.0)
        .with(inbox.name.clone())
        .with(inbox.flow.map(|flow| flow.0))
        .with(inbox.default_queue.0)
        .with(inbox.reopen_hours);
    if let Some(before) = &changed.before {
        return inbox_changed(workspace, changed.id, before, inbox, step);
    }
    let mut steps = vec![step.with(inbox.channel.as_str().to_owned()).with(RATE_PER_SECOND)];
    if let Some(Number { app_id, phone_number_id, waba_id, display_phone_number }) = inbox.number.clone() {
        let number = Step::of(ADD_NUMBER).with(workspace.0).with(changed.id.0).with(app_id).with(phone_number_id);
        steps.push(number.with(waba_id).with(display_phone_number));
    }
    steps
}

fn inbox_changed(workspace: WorkspaceId, id: InboxId, before: &Inbox, after: &Inbox, step: Step) -> Vec<Step> {
    let row = |statement| Step::of(statement).with(workspace.0).with(id.0);
    let is_another = before.state != after.state;
    let mut steps = vec![step.with(is_another.then(|| after.state.as_str()))];
    if is_another {
        steps.push(row(HOLD_NUMBER).with(after.state == InboxState::Paused));
    }
    if is_another && after.state == InboxState::Disconnected {
        steps.push(row(FORGET_TOKEN));
    }
    if is_another && before.state == InboxState::Disconnected {
        steps.push(row(FORGET_ENDING));
    }
    if let Some(Number { app_id, phone_number_id, waba_id, display_phone_number }) =
        after.number.clone().filter(|_| before.number != after.number)
    {
        let number = row(CHANGE_NUMBER).with(app_id).with(phone_number_id);
        steps.push(number.with(waba_id).with(display_phone_number));
    }
    steps
}
