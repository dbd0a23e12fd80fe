//! A set-up as a command would have it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::command::{CannedReplyChange, FieldChange, NewInvitation, NewMember, NewTeams, Newcomer, RoleChange, SetupCommand, TagChange};
use super::event::{Changed, Secret, SetupEvent};
use super::file;
use super::parts::{
    change_inbox, change_member, change_policy, change_queue, change_rule, change_security, change_skill, change_workspace, placed, set,
    trimmed,
};
use super::refusal::{SetupRefusal, Thing};
use super::rules;
use super::undo;
use super::value::{self, Flow, Inbox, InboxState, Invitation, Member, Setup, Standing, Team};
use crate::domain::access::{Permissions, Rights, Role};
use crate::domain::agent::Availability;
use crate::domain::channel;
use crate::domain::flows::validation;
use crate::domain::ids::{FlowId, InboxId, InvitationId, RoleId, SkillId, SlaPolicyId, TeamId, UserId};
use crate::domain::routing::Levels;

pub(super) type Applied = Result<(), SetupRefusal>;

pub(super) struct Draft {
    pub setup: Setup,
    /// What is no part of the value: secrets, and versions of flows.
    pub(super) beside: Vec<SetupEvent>,
}

impl Draft {
    pub fn of(setup: &Setup) -> Self {
        Self { setup: setup.clone(), beside: Vec::new() }
    }

    /// What it came to: first what others stand on.
    pub fn finish(self, before: &Setup) -> (Setup, Vec<SetupEvent>) {
        let after = self.setup;
        let mut events: Vec<SetupEvent> = Vec::new();
        events.extend(changed(&before.workspaces, &after.workspaces).map(SetupEvent::Workspace));
        events.extend(changed(&before.securities, &after.securities).map(SetupEvent::Security));
        events.extend(changed(&before.roles, &after.roles).map(SetupEvent::Role));
        events.extend(changed(&before.teams, &after.teams).map(SetupEvent::Team));
        events.extend(changed(&before.skills, &after.skills).map(SetupEvent::Skill));
        events.extend(changed(&before.members, &after.members).map(SetupEvent::Member));
        events.extend(changed(&before.invitations, &after.invitations).map(SetupEvent::Invitation));
        events.extend(changed(&before.sla_policies, &after.sla_policies).map(SetupEvent::SlaPolicy));
        events.extend(changed(&before.queues, &after.queues).map(SetupEvent::Queue));
        events.extend(changed(&before.canned_replies, &after.canned_replies).map(SetupEvent::CannedReply));
        events.extend(changed(&before.tags, &after.tags).map(SetupEvent::Tag));
        events.extend(changed(&before.fields, &after.fields).map(SetupEvent::Field));
        events.extend(changed(&before.flows, &after.flows).map(SetupEvent::Flow));
        events.extend(changed(&before.inboxes, &after.inboxes).map(SetupEvent::Inbox));
        events.extend(changed(&before.entry_rules, &after.entry_rules).map(SetupEvent::EntryRule));
        events.extend(self.beside);
        (after, events)
    }

    pub fn apply(&mut self, command: SetupCommand) -> Applied {
        match command {
            SetupCommand::ChangeWorkspace { change } => {
                let workspace = self.setup.workspaces.values_mut().next().ok_or(SetupRefusal::Unknown(Thing::Workspace))?;
                change_workspace(workspace, change);
            }
            SetupCommand::ChangeSecurity { change } => {
                let security = self.setup.securities.values_mut().next().ok_or(SetupRefusal::Unknown(Thing::Workspace))?;
                change_security(security, change);
            }
            SetupCommand::AddMember { member, new, password: _ } => self.employ(member, new)?,
            SetupCommand::ChangeMember { member, change } => change_member(self.member(member)?, change),
            SetupCommand::Activate { member } => {
                let member = self.member(member)?;
                (member.active, member.successor) = (true, None);
            }
            SetupCommand::Deactivate { member, successor } => self.deactivate(member, successor)?,
            SetupCommand::Invite { invitation, new, secret } => self.invite(invitation, new, secret)?,
            SetupCommand::RenewInvitation { invitation, expires_at, secret } => {
                known(&mut self.setup.invitations, invitation, Thing::Invitation)?.expires_at = expires_at;
                self.beside.push(SetupEvent::InvitationLink { invitation, hash: secret });
            }
            SetupCommand::RevokeInvitation { invitation } => {
                known(&mut self.setup.invitations, invitation, Thing::Invitation)?.standing = Standing::Revoked;
            }
            SetupCommand::AcceptInvitation { invitation, member, newcomer, now } => {
                let it = known(&mut self.setup.invitations, invitation, Thing::Invitation)?;
                if it.standing != Standing::Open || it.expires_at <= now {
                    return Err(SetupRefusal::InvitationOver);
                }
                if it.email.as_deref().is_some_and(|email| email != newcomer.email.as_str()) {
                    return Err(SetupRefusal::InvitationForAnother);
                }
                it.standing = Standing::Accepted;
                let Invitation { role, capacity, teams, languages, .. } = it.clone();
                let Newcomer { name, email, locale, .. } = newcomer;
                self.employ(member, NewMember { name, email, role, locale, capacity, teams: NewTeams::These(teams), languages })?;
            }
            SetupCommand::ReplacePassword { member, hash } => {
                self.member(member)?;
                self.beside.push(SetupEvent::Password { member, hash });
            }
            SetupCommand::RemoveSecondFactor { member } => {
                self.member(member)?;
                self.beside.push(SetupEvent::SecondFactor { member });
            }
            SetupCommand::AddRole { role, new } => {
                let name = trimmed(&new.name);
                let rights = Rights { permissions: new.rights.permissions.of_role(), ..new.rights };
                add(&mut self.setup.roles, role, value::Role { name, rights })?;
            }
            SetupCommand::ChangeRole { role, change: RoleChange { name, permissions, visibility } } => {
                let role = known(&mut self.setup.roles, role, Thing::Role)?;
                set(&mut role.name, name.map(|name| trimmed(&name)));
                set(&mut role.rights.permissions, permissions.map(Permissions::of_role));
                set(&mut role.rights.visibility, visibility);
            }
            SetupCommand::RemoveRole { role } => self.remove_role(role)?,
            SetupCommand::AddTeam { team, name } => add(&mut self.setup.teams, team, Team { name: trimmed(&name) })?,
            SetupCommand::RenameTeam { team, name } => known(&mut self.setup.teams, team, Thing::Team)?.name = trimmed(&name),
            SetupCommand::RemoveTeam { team } => self.remove_team(team)?,
            SetupCommand::AddQueue { queue } => {
                let position = self.setup.queues.values().map(|queue| queue.position).max().map_or(0, |last| last.saturating_add(1));
                add(&mut self.setup.queues, queue.id, placed(&queue, position))?;
            }
            SetupCommand::ChangeQueue { queue, change } => change_queue(known(&mut self.setup.queues, queue, Thing::Queue)?, change),
            SetupCommand::EndRest { queue, now } => {
                let queue = known(&mut self.setup.queues, queue, Thing::Queue)?;
                queue.rest = queue.rest.take().filter(|rest| rest.is_on(now));
            }
            SetupCommand::RemoveQueue { queue, to } => self.remove_queue(queue, to)?,
            SetupCommand::AddCannedReply { reply, new } => add(&mut self.setup.canned_replies, reply, new)?,
            SetupCommand::ChangeCannedReply { reply, change: CannedReplyChange { shortcut, body, folder, team, owner } } => {
                let reply = known(&mut self.setup.canned_replies, reply, Thing::CannedReply)?;
                set(&mut reply.shortcut, shortcut);
                set(&mut reply.body, body);
                set(&mut reply.folder, folder.map(|folder| trimmed(&folder)));
                set(&mut reply.team, team);
                set(&mut reply.owner, owner);
            }
            SetupCommand::RemoveCannedReply { reply } => {
                known(&mut self.setup.canned_replies, reply, Thing::CannedReply)?;
                self.setup.canned_replies.remove(&reply);
            }
            SetupCommand::AddTag { tag, new } => {
                let name = trimmed(&new.name);
                add(&mut self.setup.tags, tag, value::Tag { name, ..new })?;
            }
            SetupCommand::ChangeTag { tag, change: TagChange { name, colour, archived } } => {
                let tag = known(&mut self.setup.tags, tag, Thing::Tag)?;
                set(&mut tag.name, name.map(|name| trimmed(&name)));
                set(&mut tag.colour, colour);
                set(&mut tag.archived, archived);
            }
            SetupCommand::MergeTag { tag, into } => {
                let is_there = self.setup.tags.get(&into).is_some_and(|other| other.merged_into.is_none());
                let tag_now = known(&mut self.setup.tags, tag, Thing::Tag)?;
                if tag == into || !is_there || tag_now.merged_into.is_some() {
                    return Err(SetupRefusal::Unknown(Thing::Tag));
                }
                tag_now.merged_into = Some(into);
                // Whatever was merged into it goes along.
                for other in self.setup.tags.values_mut().filter(|other| other.merged_into == Some(tag)) {
                    other.merged_into = Some(into);
                }
            }
            SetupCommand::AddField { field, new } => {
                let of_them = self.setup.fields.values().filter(|other| other.of == new.of).map(|other| other.position);
                let position = of_them.max().map_or(0, |last| last.saturating_add(1));
                let label = trimmed(&new.label);
                add(&mut self.setup.fields, field, value::Field { label, position, ..new })?;
            }
            SetupCommand::ChangeField { field, change: FieldChange { key, label, choices, shown, locked, position } } => {
                let field = known(&mut self.setup.fields, field, Thing::Field)?;
                set(&mut field.key, key);
                set(&mut field.label, label.map(|label| trimmed(&label)));
                set(&mut field.choices, choices);
                set(&mut field.shown, shown);
                set(&mut field.locked, locked);
                set(&mut field.position, position);
            }
            SetupCommand::RemoveField { field } => {
                known(&mut self.setup.fields, field, Thing::Field)?;
                self.setup.fields.remove(&field);
            }
            SetupCommand::AddEntryRule { rule, new } => {
                let position = self.setup.entry_rules.values().map(|rule| rule.position).max().map_or(0, |last| last.saturating_add(1));
                let (name, conditions) = (trimmed(&new.name), rules::as_kept(&self.setup, new.conditions));
                add(&mut self.setup.entry_rules, rule, value::EntryRule { name, conditions, position, ..new })?;
            }
            SetupCommand::ChangeEntryRule { rule, mut change } => {
                change.conditions = change.conditions.map(|conditions| rules::as_kept(&self.setup, conditions));
                change_rule(known(&mut self.setup.entry_rules, rule, Thing::EntryRule)?, change)
            }
            SetupCommand::RemoveEntryRule { rule } => {
                known(&mut self.setup.entry_rules, rule, Thing::EntryRule)?;
                self.setup.entry_rules.remove(&rule);
            }
            SetupCommand::AddSkill { skill, new } => {
                let name = trimmed(&new.name);
                add(&mut self.setup.skills, skill, value::Skill { name, ..new })?;
            }
            SetupCommand::ChangeSkill { skill, change } => change_skill(known(&mut self.setup.skills, skill, Thing::Skill)?, change),
            SetupCommand::RemoveSkill { skill } => self.remove_skill(skill)?,
            SetupCommand::AddSlaPolicy { policy, new } => {
                let name = trimmed(&new.name);
                add(&mut self.setup.sla_policies, policy, value::SlaPolicy { name, ..new })?;
            }
            SetupCommand::ChangeSlaPolicy { policy, change } => {
                change_policy(known(&mut self.setup.sla_policies, policy, Thing::SlaPolicy)?, change);
            }
            SetupCommand::RemoveSlaPolicy { policy } => self.remove_policy(policy)?,
            SetupCommand::AddFlow { flow, name, definition } => {
                add(&mut self.setup.flows, flow, Flow { name: trimmed(&name), published: None, archived: false })?;
                self.publish(flow, definition)?;
            }
            SetupCommand::BeginFlow { flow, name } => {
                add(&mut self.setup.flows, flow, Flow { name: trimmed(&name), published: None, archived: false })?;
            }
            SetupCommand::ArchiveFlow { flow } => known(&mut self.setup.flows, flow, Thing::Flow)?.archived = true,
            SetupCommand::RestoreFlow { flow } => known(&mut self.setup.flows, flow, Thing::Flow)?.archived = false,
            SetupCommand::RenameFlow { flow, name } => known(&mut self.setup.flows, flow, Thing::Flow)?.name = trimmed(&name),
            SetupCommand::PublishFlow { flow, definition } => self.publish(flow, definition)?,
            SetupCommand::PublishVersion { flow, version } => {
                let known = known(&mut self.setup.flows, flow, Thing::Flow)?;
                if !self.setup.definitions.contains_key(&(flow, version)) {
                    return Err(SetupRefusal::Unknown(Thing::FlowVersion));
                }
                known.published = Some(version);
            }
            SetupCommand::ConnectInbox { inbox, new, token } => {
                add(&mut self.setup.inboxes, inbox, new)?;
                self.beside.push(SetupEvent::AccessToken { inbox, token });
            }
            SetupCommand::ChangeInbox { inbox, change } => change_inbox(known(&mut self.setup.inboxes, inbox, Thing::Inbox)?, change),
            SetupCommand::ReplaceAccessToken { inbox, token } => {
                self.connected(inbox)?;
                self.beside.push(SetupEvent::AccessToken { inbox, token });
            }
            SetupCommand::PauseInbox { inbox } => self.connected(inbox)?.state = InboxState::Paused,
            SetupCommand::ResumeInbox { inbox } => self.connected(inbox)?.state = InboxState::Active,
            SetupCommand::DisconnectInbox { inbox } => self.connected(inbox)?.state = InboxState::Disconnected,
            SetupCommand::ReconnectInbox { inbox, number, token } => {
                let it = known(&mut self.setup.inboxes, inbox, Thing::Inbox)?;
                if it.state != InboxState::Disconnected {
                    return Err(SetupRefusal::NumberTaken);
                }
                it.state = InboxState::Active;
                it.number = Some(number);
                self.beside.push(SetupEvent::AccessToken { inbox, token });
            }
            SetupCommand::Import(import) => {
                let faults = import.faults(&self.setup);
                if !faults.is_empty() {
                    return Err(SetupRefusal::FileFaulty { faults: faults.iter().map(ToString::to_string).collect() });
                }
                file::bring_in(self, &import)?;
            }
            SetupCommand::Several(commands) => commands.into_iter().try_for_each(|command| self.apply(command))?,
            SetupCommand::Undo { act } => undo::take_back(self, &act)?,
        }
        Ok(())
    }

    /// A number that was not disconnected.
    fn connected(&mut self, inbox: InboxId) -> Result<&mut Inbox, SetupRefusal> {
        let it = known(&mut self.setup.inboxes, inbox, Thing::Inbox)?;
        if it.state == InboxState::Disconnected { Err(SetupRefusal::NumberDisconnected) } else { Ok(it) }
    }

    fn member(&mut self, member: UserId) -> Result<&mut Member, SetupRefusal> {
        known(&mut self.setup.members, member, Thing::Member)
    }

    fn deactivate(&mut self, member: UserId, successor: Option<UserId>) -> Applied {
        let works_here = |user: &UserId| *user != member && self.setup.members.get(user).is_some_and(|heir| heir.active);
        if successor.as_ref().is_some_and(|user| !works_here(user)) {
            return Err(SetupRefusal::Unknown(Thing::Member));
        }
        let member = self.member(member)?;
        if member.active {
            (member.active, member.successor) = (false, successor);
        }
        Ok(())
    }

    fn invite(&mut self, invitation: InvitationId, new: NewInvitation, secret: Secret) -> Applied {
        let NewInvitation { email, role, capacity, teams, languages, expires_at } = new;
        let email = email.map(|email| email.as_str().to_owned());
        let is_theirs = |other: &str| email.as_deref() == Some(other);
        if self.setup.members.values().any(|member| is_theirs(&member.email)) {
            return Err(SetupRefusal::EmailTaken);
        }
        let mut invited = self.setup.invitations.values().filter(|other| other.standing == Standing::Open);
        if invited.any(|other| other.email.as_deref().is_some_and(is_theirs)) {
            return Err(SetupRefusal::InvitedAlready);
        }
        let new = Invitation { email, role, capacity, teams, languages, standing: Standing::Open, expires_at };
        add(&mut self.setup.invitations, invitation, new)?;
        self.beside.push(SetupEvent::InvitationLink { invitation, hash: secret });
        Ok(())
    }

    fn employ(&mut self, member: UserId, new: NewMember) -> Applied {
        let NewMember { name, email, role, locale, capacity, teams, languages } = new;
        let teams = match teams {
            NewTeams::All => self.setup.teams.keys().copied().collect(),
            NewTeams::These(teams) => teams,
        };
        let email = email.as_str().to_owned();
        let availability = Availability::Online;
        add(
            &mut self.setup.members,
            member,
            Member {
                name: trimmed(&name),
                email,
                role,
                active: true,
                locale,
                availability,
                capacity,
                teams,
                languages,
                skills: Levels::new(),
                successor: None,
            },
        )
    }

    /// Whoever has it would be nothing.
    pub fn remove_role(&mut self, role: RoleId) -> Applied {
        let name = known(&mut self.setup.roles, role, Thing::Role)?.name.clone();
        let invited = self.setup.invitations.values().filter(|it| it.standing == Standing::Open).map(|it| it.role);
        if self.setup.members.values().map(|member| member.role).chain(invited).any(|of| of == Role::Own(role)) {
            return Err(SetupRefusal::RoleInUse { role: name });
        }
        self.setup.roles.remove(&role);
        for security in self.setup.securities.values_mut() {
            security.second_factor_roles.remove(&role.to_string());
        }
        Ok(())
    }

    /// Whoever is in it, and whatever waits for it, would belong to nothing.
    pub fn remove_team(&mut self, team: TeamId) -> Applied {
        let name = known(&mut self.setup.teams, team, Thing::Team)?.name.clone();
        let invited = self.setup.invitations.values().filter(|it| it.standing == Standing::Open).map(|it| &it.teams);
        let has_people = self.setup.members.values().map(|member| &member.teams).chain(invited).any(|teams| teams.contains(&team));
        let has_queues = self.setup.queues.values().any(|queue| queue.team == team);
        if has_people || has_queues || self.setup.canned_replies.values().any(|reply| reply.team == Some(team)) {
            return Err(SetupRefusal::TeamInUse { team: name });
        }
        self.setup.teams.remove(&team);
        Ok(())
    }

    /// Nobody could have what a rule asks for; whether somebody waits for it is known elsewhere.
    pub fn remove_skill(&mut self, skill: SkillId) -> Applied {
        let name = known(&mut self.setup.skills, skill, Thing::Skill)?.name.clone();
        if let Some(rule) = self.setup.entry_rules.values().find(|rule| rule.skills.names(skill)) {
            return Err(SetupRefusal::SkillOfRule { skill: name, rule: rule.name.clone() });
        }
        self.setup.skills.remove(&skill);
        for member in self.setup.members.values_mut() {
            member.skills.remove(&skill);
        }
        Ok(())
    }

    /// What it measures would be measured by nothing.
    pub fn remove_policy(&mut self, policy: SlaPolicyId) -> Applied {
        let name = known(&mut self.setup.sla_policies, policy, Thing::SlaPolicy)?.name.clone();
        if let Some(queue) = self.setup.queues.values().find(|queue| queue.sla_policy == Some(policy)) {
            return Err(SetupRefusal::SlaPolicyInUse { policy: name, queue: queue.name.clone() });
        }
        self.setup.sla_policies.remove(&policy);
        Ok(())
    }

    /// Publishes another version of a flow.
    pub fn publish(&mut self, flow: FlowId, definition: Value) -> Applied {
        let keys: Vec<&str> = self.setup.queues.values().map(|queue| queue.key.as_str()).collect();
        let found = validation::check_with(&definition, &keys, Some(&self.setup.vocabulary()), &channel::WHATSAPP);
        let known = known(&mut self.setup.flows, flow, Thing::Flow)?;
        if let Err(faults) = found {
            let faults = faults.iter().map(ToString::to_string).collect();
            return Err(SetupRefusal::FlowFaulty { flow: known.name.clone(), faults });
        }
        let latest = self.setup.latest_versions.entry(flow).or_default();
        *latest += 1;
        known.published = Some(*latest);
        self.setup.definitions.insert((flow, *latest), definition.clone());
        self.beside.push(SetupEvent::FlowVersion { flow, version: *latest, definition });
        Ok(())
    }
}

fn changed<'a, I: Ord + Copy, T: Clone + PartialEq>(
    before: &'a BTreeMap<I, T>,
    after: &'a BTreeMap<I, T>,
) -> impl Iterator<Item = Changed<I, T>> + 'a {
    let gone = before.keys().filter(|id| !after.contains_key(id));
    let all = after.keys().chain(gone).map(|id| Changed { id: *id, before: before.get(id).cloned(), after: after.get(id).cloned() });
    all.filter(|changed| changed.before != changed.after)
}

fn add<I: Ord, T>(all: &mut BTreeMap<I, T>, id: I, new: T) -> Applied {
    match all.entry(id) {
        std::collections::btree_map::Entry::Vacant(place) => {
            place.insert(new);
            Ok(())
        }
        std::collections::btree_map::Entry::Occupied(_) => Err(SetupRefusal::IdTaken),
    }
}

pub(super) fn known<I: Ord, T>(all: &mut BTreeMap<I, T>, id: I, thing: Thing) -> Result<&mut T, SetupRefusal> {
    all.get_mut(&id).ok_or(SetupRefusal::Unknown(thing))
}
