//! Parts of things that are to be others: what is not named stays.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::command::{MemberChange, SecurityChange, WorkspaceChange};
use super::value::{EntryRule, Inbox, Member, Queue, Security, Skill, SlaPolicy, Targets, Workspace};
use crate::domain::announcing::Announcements;
use crate::domain::brand::Accent;
use crate::domain::hours::Hours;
use crate::domain::ids::{FlowId, QueueId, SlaPolicyId, TagId, TeamId, UserId};
use crate::domain::overflow::Overflow;
use crate::domain::queue;
use crate::domain::rest::Rest;
use crate::domain::routing::{RuleSkills, Strategy, WideningStep};
use crate::domain::sticky::Sticky;

/// As [`super::command::MemberChange`], of a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagChange {
    pub name: Option<String>,
    pub colour: Option<String>,
    pub archived: Option<bool>,
}

/// As [`super::command::MemberChange`], of a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldChange {
    pub key: Option<String>,
    pub label: Option<String>,
    pub choices: Option<Vec<String>>,
    pub shown: Option<bool>,
    pub locked: Option<bool>,
    pub position: Option<i32>,
}

/// As [`super::command::MemberChange`], of an entry rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryRuleChange {
    pub name: Option<String>,
    pub enabled: Option<bool>,
    pub conditions: Option<Value>,
    /// Another queue, or none.
    pub queue: Option<Option<QueueId>>,
    /// Another word of [`crate::domain::routing::Priority`], or none.
    pub priority: Option<Option<String>>,
    pub tags: Option<BTreeSet<TagId>>,
    pub skills: Option<RuleSkills>,
    pub position: Option<i32>,
}

/// As [`super::command::MemberChange`], of a queue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueueChange {
    pub key: Option<String>,
    pub name: Option<String>,
    pub team: Option<TeamId>,
    pub hours: Option<Hours>,
    pub promise_minutes: Option<i32>,
    pub strategy: Option<String>,
    pub position: Option<i32>,
    pub widening: Option<Vec<WideningStep>>,
    /// Another policy, or none.
    pub sla_policy: Option<Option<SlaPolicyId>>,
    /// Another rest, or none.
    pub rest: Option<Option<Box<Rest>>>,
    pub overflow: Option<Box<Overflow>>,
    pub announcements: Option<Box<Announcements>>,
    /// Another way to keep customers with whom they know, or none.
    pub sticky: Option<Option<Sticky>>,
}

/// As [`super::command::MemberChange`], of a number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxChange {
    pub name: Option<String>,
    /// Another flow, or none.
    pub flow: Option<Option<FlowId>>,
    pub default_queue: Option<QueueId>,
    pub reopen_hours: Option<i32>,
}

/// As [`super::command::MemberChange`], of a prepared text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CannedReplyChange {
    pub shortcut: Option<String>,
    pub body: Option<String>,
    pub folder: Option<String>,
    /// Of another team, or of none.
    pub team: Option<Option<TeamId>>,
    /// Somebody's own, or nobody's.
    pub owner: Option<Option<UserId>>,
}

/// As [`super::command::MemberChange`], of a skill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SkillChange {
    pub key: Option<String>,
    pub name: Option<String>,
    /// Another language, or none.
    pub language: Option<Option<String>>,
}

pub(super) fn change_skill(it: &mut Skill, change: SkillChange) {
    let SkillChange { key, name, language } = change;
    set(&mut it.key, key);
    set(&mut it.name, name.map(|name| trimmed(&name)));
    set(&mut it.language, language);
}

/// As [`super::command::MemberChange`], of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlaPolicyChange {
    pub name: Option<String>,
    pub first_response: Option<Targets>,
    pub next_response: Option<Targets>,
    pub resolution: Option<Targets>,
    pub in_hours: Option<bool>,
    pub warn_minutes: Option<Option<i32>>,
    pub warn_percent: Option<Option<i32>>,
    pub pauses: Option<bool>,
}

pub(super) fn change_policy(it: &mut SlaPolicy, change: SlaPolicyChange) {
    let SlaPolicyChange { name, first_response, next_response, resolution, in_hours, warn_minutes, warn_percent, pauses } = change;
    set(&mut it.name, name.map(|name| trimmed(&name)));
    set(&mut it.first_response, first_response);
    set(&mut it.next_response, next_response);
    set(&mut it.resolution, resolution);
    set(&mut it.in_hours, in_hours);
    set(&mut it.warn_minutes, warn_minutes);
    set(&mut it.warn_percent, warn_percent);
    set(&mut it.pauses, pauses);
}

pub(super) fn set<T>(part: &mut T, wanted: Option<T>) {
    if let Some(wanted) = wanted {
        *part = wanted;
    }
}

pub(super) fn trimmed(name: &str) -> String {
    name.trim().to_owned()
}

pub(super) fn change_security(it: &mut Security, change: SecurityChange) {
    let SecurityChange { session_idle_minutes, session_life_minutes, least_password, second_factor_roles } = change;
    set(&mut it.session_idle_minutes, session_idle_minutes);
    set(&mut it.session_life_minutes, session_life_minutes);
    set(&mut it.least_password, least_password);
    set(&mut it.second_factor_roles, second_factor_roles);
}

pub(super) fn change_workspace(it: &mut Workspace, change: WorkspaceChange) {
    let WorkspaceChange { name, locale, time_zone, lease_minutes, answer_minutes, accent, logo, white_label } = change;
    set(&mut it.name, name.map(|name| trimmed(&name)));
    set(&mut it.locale, locale);
    set(&mut it.time_zone, time_zone.map(|name| spelled(&name)));
    set(&mut it.lease_minutes, lease_minutes);
    set(&mut it.answer_minutes, answer_minutes);
    let spelled = |accent: String| Accent::read(&accent).map_or(accent, |accent| format!("#{}", accent.digits()));
    set(&mut it.brand.accent, accent.map(|accent| accent.map(spelled)));
    set(&mut it.brand.logo, logo);
    set(&mut it.brand.white_label, white_label);
}

/// A time zone as the tz database spells it, if it knows it.
fn spelled(time_zone: &str) -> String {
    let known = TimeZone::get(time_zone.trim()).ok();
    known.as_ref().and_then(TimeZone::iana_name).unwrap_or(time_zone.trim()).to_owned()
}

pub(super) fn change_member(it: &mut Member, change: MemberChange) {
    let MemberChange { name, email, role, locale, availability, capacity, teams, languages, skills } = change;
    set(&mut it.name, name.map(|name| trimmed(&name)));
    set(&mut it.email, email.map(|email| email.as_str().to_owned()));
    set(&mut it.role, role);
    set(&mut it.locale, locale);
    set(&mut it.availability, availability);
    set(&mut it.capacity, capacity);
    set(&mut it.teams, teams);
    set(&mut it.languages, languages);
    set(&mut it.skills, skills);
}

pub(super) fn placed(queue: &queue::Queue, position: i32) -> Queue {
    Queue {
        key: queue.key.clone(),
        name: trimmed(&queue.name),
        team: queue.team,
        hours: serde_json::to_value(&queue.hours).unwrap_or_default(),
        promise_minutes: i32::try_from(queue.promise_minutes).unwrap_or(i32::MAX),
        strategy: Strategy::default().as_str().to_owned(),
        position,
        widening: Vec::new(),
        sla_policy: None,
        rest: None,
        overflow: Box::default(),
        sticky: None,
        announcements: Box::default(),
    }
}

pub(super) fn change_queue(it: &mut Queue, change: QueueChange) {
    let QueueChange {
        key,
        name,
        team,
        hours,
        promise_minutes,
        strategy,
        position,
        widening,
        sla_policy,
        rest,
        overflow,
        sticky,
        announcements,
    } = change;
    set(&mut it.key, key);
    set(&mut it.name, name.map(|name| trimmed(&name)));
    set(&mut it.team, team);
    set(&mut it.hours, hours.and_then(|hours| serde_json::to_value(hours).ok()));
    set(&mut it.promise_minutes, promise_minutes);
    set(&mut it.strategy, strategy);
    set(&mut it.widening, widening);
    set(&mut it.position, position);
    set(&mut it.sla_policy, sla_policy);
    set(&mut it.rest, rest);
    set(&mut it.overflow, overflow);
    set(&mut it.sticky, sticky);
    set(&mut it.announcements, announcements);
}

pub(super) fn change_rule(it: &mut EntryRule, change: EntryRuleChange) {
    let EntryRuleChange { name, enabled, conditions, queue, priority, tags, skills, position } = change;
    set(&mut it.name, name.map(|name| trimmed(&name)));
    set(&mut it.enabled, enabled);
    set(&mut it.conditions, conditions);
    set(&mut it.queue, queue);
    set(&mut it.priority, priority);
    set(&mut it.tags, tags);
    set(&mut it.skills, skills);
    set(&mut it.position, position);
}

pub(super) fn change_inbox(it: &mut Inbox, change: InboxChange) {
    let InboxChange { name, flow, default_queue, reopen_hours } = change;
    set(&mut it.name, name.map(|name| trimmed(&name)));
    set(&mut it.flow, flow);
    set(&mut it.default_queue, default_queue);
    set(&mut it.reopen_hours, reopen_hours);
}
