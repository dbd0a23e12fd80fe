//! Entry rules, known by their names, in their order. What their conditions name stands there by its name.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::import::{Ids, Names};
use super::inboxes::WrittenInbox;
use super::skills::WrittenWants;
use super::{Found, Wrong, is_in_order, no_twins, unfit_text, yaml};
use crate::domain::conditions::{Kind, Leaf, Subject, stored};
use crate::domain::details::Vocabulary;
use crate::domain::ids::{EntryRuleId, TagId};
use crate::domain::routing::Priority;
use crate::domain::setup::check::LONGEST_NAME;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::refusal::SetupRefusal;
use crate::domain::setup::rules;
use crate::domain::setup::value::{EntryRule, Setup};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenEntryRule {
    #[schemars(length(min = 1, max = 80))]
    pub(super) name: String,
    /// Whether it is on.
    #[serde(default = "yes")]
    enabled: bool,
    /// `{all: […]}`, `{any: […]}`, `{not: […]}`, or `{subject: contact.language, is: es}`. Tags and numbers by their names, people by their
    /// e-mail addresses.
    #[serde(serialize_with = "yaml::compactly")]
    #[schemars(extend("type" = "object"))]
    conditions: Value,
    /// The key of the queue; without one it goes where it would go otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    /// Such as `high`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    priority: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// Of whoever has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    skills: Option<WrittenWants>,
}

fn yes() -> bool {
    true
}

/// All of them in their order; without people, but for those that name anybody.
pub(super) fn all(setup: &Setup, with_people: bool) -> Vec<WrittenEntryRule> {
    let is_written = |rule: &&EntryRule| with_people || !names_people(&rule.conditions);
    rules::in_order(&setup.entry_rules).into_iter().map(|(_, rule)| rule).filter(is_written).map(|rule| written(setup, rule)).collect()
}

fn written(setup: &Setup, rule: &EntryRule) -> WrittenEntryRule {
    let EntryRule { name, enabled, conditions, queue, priority, tags, skills, position: _ } = rule.clone();
    let queue = queue.and_then(|queue| setup.queues.get(&queue)).map(|queue| queue.key.clone());
    let conditions = by_name(setup, &conditions);
    let skills = WrittenWants::of(setup, &skills);
    WrittenEntryRule { name, enabled, conditions, queue, priority, tags: tag_names(setup, &tags), skills }
}

/// Each once, as what was merged counts as another.
fn tag_names(setup: &Setup, tags: &BTreeSet<TagId>) -> Vec<String> {
    let names: BTreeSet<String> = tags.iter().filter_map(|tag| name_of(setup, Kind::Tags, tag.0)).collect();
    names.into_iter().collect()
}

fn names_people(conditions: &Value) -> bool {
    stored::read(conditions).is_ok_and(|condition| condition.leaves().into_iter().any(|leaf| named(leaf) == Some(Kind::Person)))
}

/// What kind of thing the values of a comparison name, if they name any.
fn named(leaf: &Leaf) -> Option<Kind> {
    let kind = Subject::read(&leaf.subject)?.kind(&Vocabulary::default())?;
    matches!(kind, Kind::Inbox | Kind::Person | Kind::Tags).then_some(kind)
}

/// What the file calls something that is set up: of a tag that was merged, the one that counts.
fn name_of(setup: &Setup, kind: Kind, id: Uuid) -> Option<String> {
    match kind {
        Kind::Inbox => setup.inboxes.get(&id.into()).map(|inbox| WrittenInbox::of(setup, inbox).key().to_owned()),
        Kind::Person => setup.members.get(&id.into()).map(|member| member.email.clone()),
        _ => {
            let tag = setup.tags.get(&id.into())?;
            tag.merged_into.map_or(Some(tag), |into| setup.tags.get(&into)).map(|tag| tag.name.clone())
        }
    }
}

/// What the file calls so.
fn id_of(setup: &Setup, kind: Kind, name: &str) -> Option<Uuid> {
    match kind {
        Kind::Inbox => setup.inboxes.iter().find(|(_, inbox)| WrittenInbox::of(setup, inbox).key() == name).map(|(id, _)| id.0),
        Kind::Person => setup.members.iter().find(|(_, member)| member.email == name.to_lowercase()).map(|(id, _)| id.0),
        _ => setup.tags.iter().find(|(_, tag)| is_called(&tag.name, name) && tag.merged_into.is_none()).map(|(id, _)| id.0),
    }
}

/// Tags are one whatever their case.
fn is_called(one: &str, name: &str) -> bool {
    one.to_lowercase() == name.to_lowercase()
}

/// With what `change` makes of each name; what it makes nothing of, and what this version does not understand, stays as it is.
fn renamed(conditions: &Value, change: impl Fn(Kind, &str) -> Option<String>) -> Value {
    let Ok(condition) = stored::read(conditions) else { return conditions.clone() };
    stored::write(&condition.with_leaves(&mut |leaf| match named(&leaf) {
        Some(kind) => {
            let values = leaf.values.iter().map(|value| change(kind, value).unwrap_or_else(|| value.clone())).collect();
            Leaf { values, ..leaf }
        }
        None => leaf,
    }))
}

fn by_name(setup: &Setup, conditions: &Value) -> Value {
    renamed(conditions, |kind, id| name_of(setup, kind, id.parse().ok()?))
}

fn by_id(setup: &Setup, conditions: &Value) -> Value {
    renamed(conditions, |kind, name| Some(id_of(setup, kind, name)?.to_string()))
}

/// What conditions name that is not there.
fn missing(setup: &Setup, conditions: &Value) -> Option<String> {
    let condition = stored::read(conditions).ok()?;
    let named = condition.leaves().into_iter().filter_map(|leaf| Some((named(leaf)?, &leaf.values)));
    let mut names = named.flat_map(|(kind, names)| names.iter().map(move |name| (kind, name)));
    names.find(|(kind, name)| id_of(setup, *kind, name).is_none()).map(|(_, name)| name.clone())
}

pub(super) fn check(rules: &[WrittenEntryRule], setup: &Setup, names: &Names, found: &mut Found) {
    no_twins("entry_rules", "name", rules.iter().map(|rule| rule.name.as_str()), found);
    for (place, rule) in rules.iter().enumerate() {
        let path = |field: &str| format!("entry_rules[{place}].{field}");
        unfit_text(|| path("name"), &rule.name, LONGEST_NAME, found);
        if let Some(queue) = rule.queue.as_ref().filter(|queue| !names.queues.contains(*queue)) {
            found.push((path("queue"), Wrong::NoSuch(queue.clone())));
        }
        if let Some(word) = rule.priority.as_ref().filter(|word| word.parse::<Priority>().is_err()) {
            found.push((path("priority"), Wrong::Refused(SetupRefusal::PriorityUnknown { priority: word.clone() })));
        }
        let is_tag = |name: &String| names.words.tags.iter().any(|tag| tag.merged_into.is_none() && is_called(&tag.name, name));
        for (number, tag) in rule.tags.iter().enumerate().filter(|(_, tag)| !is_tag(tag)) {
            found.push((path(&format!("tags[{number}]")), Wrong::NoSuch(tag.clone())));
        }
        rule.skills.iter().for_each(|skills| skills.check(&path("skills"), names, found));
        match stored::read(&rule.conditions) {
            // What a newer version wrote is carried as it is.
            Err(_) if setup.entry_rules.values().any(|known| known.name == rule.name && known.conditions == rule.conditions) => {}
            Err(fault) => {
                let refusal = SetupRefusal::RuleFaulty { rule: rule.name.clone(), fault };
                found.push((path("conditions"), Wrong::Refused(refusal)));
            }
            // Numbers and people may have been left out, or be left out now: so is the rule, then.
            Ok(condition) => {
                let tags =
                    condition.leaves().into_iter().filter(|leaf| named(leaf) == Some(Kind::Tags)).flat_map(|leaf| leaf.values.clone());
                found.extend(tags.filter(|name| !is_tag(name)).map(|name| (path("conditions"), Wrong::NoSuch(name))));
            }
        }
    }
}

/// Answers which rules name somebody or a number that is not there.
pub(super) fn bring_in(rules: &[WrittenEntryRule], ids: &mut Ids, draft: &mut Draft) -> Found {
    let mut left_out = Vec::new();
    let before: BTreeMap<String, i32> = draft.setup.entry_rules.values().map(|rule| (rule.name.clone(), rule.position)).collect();
    for (place, rule) in rules.iter().enumerate() {
        let setup = &draft.setup;
        if let Some(name) = missing(setup, &rule.conditions) {
            left_out.push((format!("entry_rules[{place}].conditions"), Wrong::RuleNames(name)));
            continue;
        }
        let known = setup.entry_rules.iter().find(|(_, known)| known.name == rule.name).map(|(id, known)| (*id, known.clone()));
        let queue = rule.queue.as_ref().and_then(|key| setup.queues.iter().find(|(_, queue)| queue.key == *key)).map(|(id, _)| *id);
        let tags = || rule.tags.iter().filter_map(|name| id_of(setup, Kind::Tags, name)).map(TagId).collect();
        let skills = rule.skills.as_ref().map(|skills| skills.read(setup)).unwrap_or_default();
        let position = before.get(&rule.name).copied().unwrap_or_default();
        let (id, known) = known.unzip();
        // What would be written down as it is in the file stays as it is.
        let same_tags = known.as_ref().filter(|known| tag_names(setup, &known.tags) == rule.tags).map(|known| known.tags.clone());
        let conditions = rules::as_kept(setup, by_id(setup, &rule.conditions));
        let is_same = |stored: &Value| super::is_same(stored, &conditions) || super::is_same(&by_name(setup, stored), &rule.conditions);
        let same = known.map(|known| known.conditions).filter(is_same);
        let new = EntryRule {
            name: rule.name.trim().to_owned(),
            enabled: rule.enabled,
            conditions: same.unwrap_or(conditions),
            queue,
            priority: rule.priority.clone(),
            tags: same_tags.unwrap_or_else(tags),
            skills,
            position,
        };
        draft.setup.entry_rules.insert(id.unwrap_or_else(|| EntryRuleId(ids.next())), new);
    }
    // Those that the file does not name come after it, as they stood.
    let is_named = |name: &str| rules.iter().any(|rule| rule.name == name);
    let others = rules::in_order(&draft.setup.entry_rules).into_iter().filter(|(_, rule)| !is_named(&rule.name));
    let others: Vec<String> = others.map(|(_, rule)| rule.name.clone()).collect();
    let is_there = |name: &String| draft.setup.entry_rules.values().any(|rule| rule.name == name.trim());
    let all: Vec<String> = rules.iter().map(|rule| rule.name.clone()).filter(is_there).chain(others).collect();
    if !is_in_order(all.iter().map(|name| (before.get(name).copied(), name.as_str()))) {
        for rule in draft.setup.entry_rules.values_mut() {
            let place = all.iter().position(|name| name.trim() == rule.name);
            rule.position = place.and_then(|place| i32::try_from(place).ok()).unwrap_or(i32::MAX);
        }
    }
    left_out
}

/// Removes those that the file does not name.
pub(super) fn prune(rules: &[WrittenEntryRule], draft: &mut Draft) {
    let kept: BTreeSet<&str> = rules.iter().map(|rule| rule.name.trim()).collect();
    draft.setup.entry_rules.retain(|_, rule| kept.contains(rule.name.as_str()));
}
