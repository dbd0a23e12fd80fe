//! A whole set-up that holds together.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::event::{Parts, SetupEvent};
use super::refusal::{SetupRefusal, Thing};
use super::sla;
use super::value::{Flow, Invitation, Member, Setup, Standing, Workspace};
use super::words::{self, name_fault, text_fault};
use super::{rules, skills, waiting};
use crate::domain::access::{Permission, Role};
use crate::domain::brand::Accent;
use crate::domain::canned;
use crate::domain::channel;
use crate::domain::details::{COLOURS, FieldKind};
use crate::domain::flows::validation;
use crate::domain::ids::UserId;
use crate::domain::lease::Lease;
use crate::domain::overdue::AnswerWithin;
use crate::domain::refusal::Refusal;
use crate::domain::routing::Strategy;
use crate::domain::user::LOCALES;

/// Characters of a name, of a key or shortcut, and of a prepared text (as WhatsApp takes one).
pub const LONGEST_NAME: usize = 80;
pub const LONGEST_KEY: usize = 40;
pub const LONGEST_BODY: usize = 4096;

/// Conversations that a person may hold at once at most.
pub const MOST_CAPACITY: u16 = 1_000;

/// Canned replies of a workspace, and those of one person's own, at most: all of them are read with the set-up.
const MOST_REPLIES: usize = 9_000;
const MOST_OWN_REPLIES: usize = 500;

/// People of a workspace at most, those who left among them.
const MOST_MEMBERS: usize = 9_000;

/// Whatever else there is of one kind, and what there is to choose from in one field, at most: pages show all of it, every command reads it,
/// and each conversation reads tags and fields.
const MOST_DEFINED: usize = 1_000;

/// Languages that a person speaks at most.
const MOST_LANGUAGES: usize = 30;

/// A promise of a week, and a conversation that is reopened within a year.
const LONGEST_PROMISE: i32 = 7 * 24 * 60;
const LONGEST_REOPENING: i32 = 365 * 24;

/// Whether whatever is wrong after was wrong before.
///
/// # Errors
/// What is wrong that was not; of several, that with the least to say.
pub(super) fn makes_nothing_worse(before: &Setup, after: &Setup, events: &[SetupEvent]) -> Result<(), Refusal> {
    match new_faults(before, after, events).into_iter().next() {
        None => Ok(()),
        Some(fault) => Err(Refusal::SetUp(fault)),
    }
}

/// Whatever is wrong after and was not before, that with the least to say first.
pub(super) fn new_faults(before: &Setup, after: &Setup, events: &[SetupEvent]) -> Vec<SetupRefusal> {
    if events.is_empty() { Vec::new() } else { new_since(&faults(before), before, after, events) }
}

/// As [`new_faults`], where it is known what was wrong before.
pub(super) fn new_since(known: &BTreeSet<SetupRefusal>, before: &Setup, after: &Setup, events: &[SetupEvent]) -> Vec<SetupRefusal> {
    let mut is = faults(after);
    // Whoever leaves, leaves at once. What waits for them is for supervisors to see.
    if events.iter().all(is_about_being_here) {
        is.retain(|fault| !matches!(fault, SetupRefusal::QueueUnreached { .. }));
    }
    if may_concern_flows(before, after) {
        let was = flow_faults(before);
        is.extend(flow_faults(after).into_iter().filter(|fault| !was.contains(fault)));
    }
    is.difference(known).filter(|fault| !rules::was_so(fault, before, after)).cloned().collect()
}

fn is_about_being_here(event: &SetupEvent) -> bool {
    let SetupEvent::Member(changed) = event else { return false };
    matches!(changed.parts(), Parts::Some(names) if names.iter().all(|name| name == "active" || name == "successor"))
}

/// Whatever is wrong with a set-up, but for its flows.
pub(super) fn faults(setup: &Setup) -> BTreeSet<SetupRefusal> {
    let mut faults = BTreeSet::new();
    counts(setup, &mut faults);
    workspace(setup, &mut faults);
    security(setup, &mut faults);
    people(setup, &mut faults);
    invitations(setup, &mut faults);
    roles(setup, &mut faults);
    teams(setup, &mut faults);
    queues(setup, &mut faults);
    waiting::faults(setup, &mut faults);
    replies(setup, &mut faults);
    inboxes(setup, &mut faults);
    tags(setup, &mut faults);
    fields(setup, &mut faults);
    rules::faults(setup, &mut faults);
    skills::faults(setup, &mut faults);
    sla::faults(setup, &mut faults);
    for Flow { name, .. } in setup.flows.values() {
        fit_name(name, &mut faults);
    }
    faults
}

fn workspace(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    for Workspace { name, locale, time_zone, lease_minutes, answer_minutes, brand } in setup.workspaces.values() {
        faults.extend(brand.accent.as_deref().and_then(accent_fault));
        fit_name(name, faults);
        faults.extend(locale_fault(locale));
        faults.extend(time_zone_fault(time_zone));
        in_range(*lease_minutes, Lease::LEAST, Lease::MOST, faults);
        answer_minutes.iter().for_each(|minutes| in_range(*minutes, AnswerWithin::LEAST, AnswerWithin::MOST, faults));
    }
}

fn security(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    for it in setup.securities.values() {
        in_range(it.session_idle_minutes, 15, 14 * 24 * 60, faults);
        in_range(it.session_life_minutes, 60, 90 * 24 * 60, faults);
        in_range(it.least_password, 12, 64, faults);
        let is_known =
            |word: &String| Role::BUILT_IN.iter().any(|role| role.word() == word) || setup.roles.keys().any(|id| id.to_string() == *word);
        if !it.second_factor_roles.iter().all(is_known) {
            faults.insert(SetupRefusal::Unknown(Thing::Role));
        }
    }
}

fn people(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    let active = || setup.members.values().filter(|member| member.active);
    if !active().any(|member| setup.rights(member.role).may(Permission::SetUp)) {
        faults.insert(SetupRefusal::LastAdministrator);
    }
    let mut emails = BTreeSet::new();
    for Member { name, email, role, capacity, teams, languages, .. } in setup.members.values() {
        fit_name(name, faults);
        fit_languages(languages, faults);
        in_range(*capacity, 0, MOST_CAPACITY.into(), faults);
        if !emails.insert(email) {
            faults.insert(SetupRefusal::EmailTaken);
        }
        if role.rights().is_none() && role.id().is_none_or(|id| !setup.roles.contains_key(&id)) {
            faults.insert(SetupRefusal::Unknown(Thing::Role));
        }
        if teams.iter().any(|team| !setup.teams.contains_key(team)) {
            faults.insert(SetupRefusal::Unknown(Thing::Team));
        }
    }
}

fn roles(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    let mut names: BTreeSet<String> = Role::BUILT_IN.iter().map(ToString::to_string).collect();
    for role in setup.roles.values() {
        fit_name(&role.name, faults);
        if !names.insert(role.name.to_lowercase()) {
            faults.insert(SetupRefusal::RoleNameTaken { name: role.name.clone() });
        }
    }
}

fn teams(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    let mut names = BTreeSet::new();
    for team in setup.teams.values() {
        fit_name(&team.name, faults);
        if !names.insert(team.name.to_lowercase()) {
            faults.insert(SetupRefusal::TeamNameTaken { name: team.name.clone() });
        }
    }
}

fn queues(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    let active = || setup.members.values().filter(|member| member.active);
    // Where nobody works yet, there is nobody to work for a queue.
    let is_staffed = active().next().is_some();
    let mut keys = BTreeSet::new();
    for queue in setup.queues.values() {
        fit_name(&queue.name, faults);
        in_range(queue.promise_minutes, 0, LONGEST_PROMISE, faults);
        if queue.strategy.parse::<Strategy>().is_err() {
            faults.insert(SetupRefusal::StrategyUnknown { strategy: queue.strategy.clone() });
        }
        if !is_key(&queue.key) {
            faults.insert(SetupRefusal::KeyUnfit { key: queue.key.clone() });
        }
        if !keys.insert(&queue.key) {
            faults.insert(SetupRefusal::QueueKeyTaken { key: queue.key.clone() });
        }
        if !setup.teams.contains_key(&queue.team) {
            faults.insert(SetupRefusal::Unknown(Thing::Team));
        }
        if is_staffed && !active().any(|member| member.teams.contains(&queue.team)) {
            faults.insert(SetupRefusal::QueueUnreached { queue: queue.name.clone() });
        }
    }
}

fn replies(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    let mut shortcuts = BTreeSet::new();
    let mut of_person: BTreeMap<UserId, usize> = BTreeMap::new();
    setup.canned_replies.values().filter_map(|reply| reply.owner).for_each(|owner| *of_person.entry(owner).or_default() += 1);
    if setup.canned_replies.len() > MOST_REPLIES {
        faults.insert(SetupRefusal::TooManyReplies { most: MOST_REPLIES });
    }
    if of_person.values().any(|count| *count > MOST_OWN_REPLIES) {
        faults.insert(SetupRefusal::TooManyReplies { most: MOST_OWN_REPLIES });
    }
    for reply in setup.canned_replies.values() {
        let shortcut = &reply.shortcut;
        if !is_shortcut(shortcut) {
            faults.insert(SetupRefusal::ShortcutUnfit { shortcut: shortcut.clone() });
        }
        // What is somebody's own stands before what is everybody's.
        if !shortcuts.insert((reply.owner, shortcut)) {
            faults.insert(SetupRefusal::ShortcutTaken { shortcut: shortcut.clone() });
        }
        faults.extend(text_fault(&reply.body, LONGEST_BODY));
        if !reply.folder.is_empty() {
            fit_name(&reply.folder, faults);
        }
        for name in canned::unknown_placeholders(&reply.body) {
            faults.insert(SetupRefusal::PlaceholderUnknown { name: name.to_owned() });
        }
        if reply.team.is_some_and(|team| !setup.teams.contains_key(&team)) {
            faults.insert(SetupRefusal::Unknown(Thing::Team));
        }
        if reply.owner.is_some_and(|owner| !setup.members.contains_key(&owner)) {
            faults.insert(SetupRefusal::Unknown(Thing::Member));
        }
    }
}

pub(super) fn few(count: usize, faults: &mut BTreeSet<SetupRefusal>) {
    at_most(MOST_DEFINED, count, faults);
}

fn at_most(most: usize, count: usize, faults: &mut BTreeSet<SetupRefusal>) {
    if count > most {
        faults.insert(SetupRefusal::TooManyDefined { most });
    }
}

/// Of nothing is there more than is read of it: nobody could change or remove the rest.
fn counts(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    at_most(MOST_MEMBERS, setup.members.len(), faults);
    let open = setup.invitations.values().filter(|it| it.standing == Standing::Open).count();
    let kinds = [setup.roles.len(), setup.teams.len(), setup.queues.len(), setup.flows.len(), setup.inboxes.len()];
    for count in kinds.into_iter().chain([setup.tags.len(), setup.fields.len(), open]) {
        few(count, faults);
    }
}

fn tags(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    let mut names = BTreeSet::new();
    for tag in setup.tags.values() {
        faults.extend(name_fault(&tag.name, LONGEST_KEY));
        if !COLOURS.contains(&tag.colour.as_str()) {
            faults.insert(SetupRefusal::ColourUnknown { colour: tag.colour.clone() });
        }
        // The name of one that was merged is free.
        if tag.merged_into.is_none() && !names.insert(tag.name.to_lowercase()) {
            faults.insert(SetupRefusal::TagNameTaken { name: tag.name.clone() });
        }
        // One that counts itself: no chain is followed, and there is no circle.
        let counts = |into| setup.tags.get(&into).is_some_and(|other| other.merged_into.is_none());
        if tag.merged_into.is_some_and(|into| !counts(into)) {
            faults.insert(SetupRefusal::Unknown(Thing::Tag));
        }
    }
}

fn fields(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    let mut keys = BTreeSet::new();
    for field in setup.fields.values() {
        few(field.choices.len(), faults);
        fit_name(&field.label, faults);
        if !is_field_key(&field.key) {
            faults.insert(SetupRefusal::FieldKeyUnfit { key: field.key.clone() });
        }
        if !keys.insert(&field.key) {
            faults.insert(SetupRefusal::FieldKeyTaken { key: field.key.clone() });
        }
        if field.kind == FieldKind::Choice && field.choices.is_empty() {
            faults.insert(SetupRefusal::ChoicesMissing { field: field.label.clone() });
        }
        field.choices.iter().for_each(|choice| fit_name(choice, faults));
    }
}

fn inboxes(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    for inbox in setup.inboxes.values() {
        fit_name(&inbox.name, faults);
        in_range(inbox.reopen_hours, 0, LONGEST_REOPENING, faults);
        if !setup.queues.contains_key(&inbox.default_queue) {
            faults.insert(SetupRefusal::Unknown(Thing::Queue));
        }
        if inbox.flow.is_some_and(|flow| !setup.flows.contains_key(&flow)) {
            faults.insert(SetupRefusal::Unknown(Thing::Flow));
        }
        let flow = inbox.flow.and_then(|flow| setup.flows.get(&flow));
        faults.extend(flow.filter(|flow| flow.archived).map(|flow| SetupRefusal::FlowInUse { flow: flow.name.clone() }));
    }
}

fn invitations(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    for Invitation { role, capacity, teams, languages, .. } in setup.invitations.values().filter(|it| it.standing == Standing::Open) {
        in_range(*capacity, 0, MOST_CAPACITY.into(), faults);
        fit_languages(languages, faults);
        if role.rights().is_none() && role.id().is_none_or(|id| !setup.roles.contains_key(&id)) {
            faults.insert(SetupRefusal::Unknown(Thing::Role));
        }
        if teams.iter().any(|team| !setup.teams.contains_key(team)) {
            faults.insert(SetupRefusal::Unknown(Thing::Team));
        }
    }
}

/// Codes of BCP 47: a language of two or three letters, and what narrows it down.
fn fit_languages(languages: &BTreeSet<String>, faults: &mut BTreeSet<SetupRefusal>) {
    let is_fit = |code: &str| {
        let mut parts = code.split('-');
        let first = parts.next().unwrap_or_default();
        let is_narrower = |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (2..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_lowercase()) && code.len() <= 35 && parts.all(is_narrower)
    };
    if let Some(unfit) = languages.iter().find(|code| !is_fit(code)) {
        faults.insert(SetupRefusal::LanguageUnfit { language: unfit.chars().take(LONGEST_KEY).collect() });
    }
    if languages.len() > MOST_LANGUAGES {
        let value = i32::try_from(languages.len()).unwrap_or(i32::MAX);
        in_range(value, 0, i32::try_from(MOST_LANGUAGES).unwrap_or(i32::MAX), faults);
    }
}

/// What is wrong with the languages that somebody speaks.
pub(super) fn languages_fault(languages: &BTreeSet<String>) -> Option<SetupRefusal> {
    let mut faults = BTreeSet::new();
    fit_languages(languages, &mut faults);
    faults.pop_first()
}

/// What is wrong with a language of the interface.
pub(super) fn locale_fault(locale: &str) -> Option<SetupRefusal> {
    (!LOCALES.contains(&locale)).then(|| SetupRefusal::LocaleUnknown { locale: locale.to_owned() })
}

/// What is wrong with a colour.
pub(super) fn accent_fault(text: &str) -> Option<SetupRefusal> {
    let Some(accent) = Accent::read(text) else {
        return Some(SetupRefusal::AccentUnfit { accent: text.chars().take(LONGEST_KEY).collect() });
    };
    let nearest = || format!("#{}", accent.nearest().digits());
    (!accent.is_readable()).then(|| SetupRefusal::AccentUnreadable { accent: text.to_owned(), nearest: nearest() })
}

/// What is wrong with a time zone.
pub(super) fn time_zone_fault(time_zone: &str) -> Option<SetupRefusal> {
    TimeZone::get(time_zone).err().map(|_| SetupRefusal::TimeZoneUnknown { time_zone: time_zone.to_owned() })
}

pub(super) fn fit_name(name: &str, faults: &mut BTreeSet<SetupRefusal>) {
    faults.extend(name_fault(name, LONGEST_NAME));
}

pub(super) fn in_range(value: i32, least: i32, most: i32, faults: &mut BTreeSet<SetupRefusal>) {
    if !(least..=most).contains(&value) {
        faults.insert(SetupRefusal::OutOfRange { value, least, most });
    }
}

/// Whether it can be found by `/` and this word.
#[must_use]
pub fn is_shortcut(shortcut: &str) -> bool {
    words::is_shortcut(shortcut, LONGEST_KEY)
}

/// Whether flows can speak of a queue by it.
pub(super) fn is_key(key: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    !key.is_empty() && key.len() <= LONGEST_KEY && key.chars().all(fits)
}

/// Whether flows can write into a field by it.
pub(super) fn is_field_key(key: &str) -> bool {
    is_key(key) && key.starts_with(|c: char| c.is_ascii_lowercase()) && !key.contains('-')
}

/// Flows speak of queues and fields by their keys, and of tags by their names.
fn may_concern_flows(before: &Setup, after: &Setup) -> bool {
    let keys = |setup: &Setup| setup.queues.values().map(|queue| queue.key.clone()).collect::<BTreeSet<_>>();
    let published = |setup: &Setup| setup.flows.iter().map(|(id, flow)| (*id, flow.published)).collect::<BTreeMap<_, _>>();
    let words = |setup: &Setup| (setup.tags.clone(), setup.fields.clone());
    keys(before) != keys(after) || published(before) != published(after) || words(before) != words(after)
}

/// What is wrong with what is published, each fault for itself.
fn flow_faults(setup: &Setup) -> Vec<SetupRefusal> {
    let keys: Vec<&str> = setup.queues.values().map(|queue| queue.key.as_str()).collect();
    let words = setup.vocabulary();
    let published = setup.flows.iter().filter_map(|(id, flow)| Some((flow, setup.definitions.get(&(*id, flow.published?))?)));
    let faults = published.flat_map(|(flow, definition)| {
        let found = validation::check_with(definition, &keys, Some(&words), &channel::WHATSAPP).err().unwrap_or_default();
        found.into_iter().map(|fault| SetupRefusal::FlowFaulty { flow: flow.name.clone(), faults: vec![fault.to_string()] })
    });
    faults.collect()
}
