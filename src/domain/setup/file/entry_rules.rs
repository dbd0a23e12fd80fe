//! Entry rules, known by their names, in their order. What their conditions name stands there by its name.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::import::{Ids, Names};
use super::inboxes::WrittenInbox;
use super::skills::WrittenWants;
use super::{Document, Found, Wrong, is_in_order, no_twins, unfit_text, yaml};
use crate::domain::conditions::{Kind, Leaf, Subject, stored};
use crate::domain::details::Vocabulary;
use crate::domain::ids::EntryRuleId;
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

/// All of them in their order.
pub(super) fn all(setup: &Setup) -> Vec<WrittenEntryRule> {
    let written = |rule: &EntryRule| {
        let EntryRule { name, enabled, conditions, queue, priority, tags, skills, position: _ } = rule.clone();
        let queue = queue.and_then(|queue| setup.queues.get(&queue)).map(|queue| queue.key.clone());
        let mut tags: Vec<String> = tags.iter().filter_map(|tag| Some(setup.tags.get(tag)?.name.clone())).collect();
        tags.sort();
        let skills = WrittenWants::of(setup, &skills);
        WrittenEntryRule { name, enabled, conditions: by_name(setup, &conditions), queue, priority, tags, skills }
    };
    rules::in_order(&setup.entry_rules).into_iter().map(|(_, rule)| written(rule)).collect()
}

/// What kind of thing the values of a comparison name, if they name any.
fn named(leaf: &Leaf) -> Option<Kind> {
    let kind = Subject::read(&leaf.subject)?.kind(&Vocabulary::default())?;
    matches!(kind, Kind::Inbox | Kind::Person | Kind::Tags).then_some(kind)
}

/// With names in place of ids; what this version does not understand, and what is not there, stays as it is.
fn by_name(setup: &Setup, conditions: &Value) -> Value {
    let Ok(condition) = stored::read(conditions) else { return conditions.clone() };
    let name = |kind: Kind, id: &str| {
        let found = match kind {
            Kind::Inbox => {
                id.parse().ok().and_then(|id| setup.inboxes.get(&id)).map(|inbox| WrittenInbox::of(setup, inbox).key().to_owned())
            }
            Kind::Person => id.parse().ok().and_then(|id| setup.members.get(&id)).map(|member| member.email.clone()),
            _ => id.parse().ok().and_then(|id| setup.tags.get(&id)).map(|tag| tag.name.clone()),
        };
        found.unwrap_or_else(|| id.to_owned())
    };
    stored::write(&condition.with_leaves(&mut |leaf| match named(&leaf) {
        Some(kind) => Leaf { values: leaf.values.iter().map(|id| name(kind, id)).collect(), ..leaf },
        None => leaf,
    }))
}

/// With ids in place of names, as they would be in this set-up; of what is not there the name stays, and is no id.
fn by_id(setup: &Setup, conditions: &Value) -> Value {
    let Ok(condition) = stored::read(conditions) else { return conditions.clone() };
    let id = |kind: Kind, name: &str| {
        let found = match kind {
            Kind::Inbox => setup.inboxes.iter().find(|(_, inbox)| WrittenInbox::of(setup, inbox).key() == name).map(|(id, _)| id.0),
            Kind::Person => setup.members.iter().find(|(_, member)| member.email == name.to_lowercase()).map(|(id, _)| id.0),
            _ => setup.tags.iter().find(|(_, tag)| tag.name == name && tag.merged_into.is_none()).map(|(id, _)| id.0),
        };
        found.map_or_else(|| name.to_owned(), |id| id.to_string())
    };
    stored::write(&condition.with_leaves(&mut |leaf| match named(&leaf) {
        Some(kind) => Leaf { values: leaf.values.iter().map(|name| id(kind, name)).collect(), ..leaf },
        None => leaf,
    }))
}

pub(super) fn check(document: &Document, setup: &Setup, names: &Names, found: &mut Found) {
    let rules = document.entry_rules.as_deref().unwrap_or_default();
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
        for (number, tag) in rule.tags.iter().enumerate().filter(|(_, tag)| names.words.tag_named(tag).is_none()) {
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
            Ok(condition) => {
                let unknown = |leaf: &&Leaf| named(leaf).is_some();
                for leaf in condition.leaves().into_iter().filter(unknown) {
                    let is_known = |name: &&String| is_known(document, setup, names, leaf, name);
                    found.extend(
                        leaf.values.iter().filter(|name| !is_known(name)).map(|name| (path("conditions"), Wrong::NoSuch(name.clone()))),
                    );
                }
            }
        }
    }
}

/// Whether there is, or would be, what is called so.
fn is_known(document: &Document, setup: &Setup, names: &Names, leaf: &Leaf, name: &str) -> bool {
    match named(leaf) {
        Some(Kind::Tags) => names.words.tags.iter().any(|tag| tag.name == *name),
        Some(Kind::Person) => {
            let email = name.to_lowercase();
            document.emails().contains(&email) || setup.members.values().any(|member| member.email == email)
        }
        _ => {
            let written = document.inboxes.iter().flatten().any(|inbox| inbox.key() == name);
            written || setup.inboxes.values().any(|inbox| WrittenInbox::of(setup, inbox).key() == name)
        }
    }
}

pub(super) fn bring_in(rules: &[WrittenEntryRule], ids: &mut Ids, draft: &mut Draft) {
    let before: BTreeMap<String, i32> = draft.setup.entry_rules.values().map(|rule| (rule.name.clone(), rule.position)).collect();
    for rule in rules {
        let setup = &draft.setup;
        let known = setup.entry_rules.iter().find(|(_, known)| known.name == rule.name).map(|(id, known)| (*id, known.conditions.clone()));
        let queue = rule.queue.as_ref().and_then(|key| setup.queues.iter().find(|(_, queue)| queue.key == *key)).map(|(id, _)| *id);
        let words = setup.vocabulary();
        let tags = rule.tags.iter().filter_map(|name| words.tag_named(name)).map(|tag| tag.id).collect();
        let conditions = by_id(setup, &rule.conditions);
        let skills = rule.skills.as_ref().map(|skills| skills.read(setup)).unwrap_or_default();
        let position = before.get(&rule.name).copied().unwrap_or_default();
        let (id, stored) = known.unzip();
        // However it was written down, it is the same.
        let same = stored.filter(|stored| super::is_same(stored, &conditions));
        let new = EntryRule {
            name: rule.name.trim().to_owned(),
            enabled: rule.enabled,
            conditions: same.unwrap_or(conditions),
            queue,
            priority: rule.priority.clone(),
            tags,
            skills,
            position,
        };
        draft.setup.entry_rules.insert(id.unwrap_or_else(|| EntryRuleId(ids.next())), new);
    }
    // Those that the file does not name come after it, as they stood.
    let is_named = |name: &str| rules.iter().any(|rule| rule.name == name);
    let others = rules::in_order(&draft.setup.entry_rules).into_iter().filter(|(_, rule)| !is_named(&rule.name));
    let others: Vec<String> = others.map(|(_, rule)| rule.name.clone()).collect();
    let all: Vec<String> = rules.iter().map(|rule| rule.name.clone()).chain(others).collect();
    if !is_in_order(all.iter().map(|name| (before.get(name).copied(), name.as_str()))) {
        for rule in draft.setup.entry_rules.values_mut() {
            let place = all.iter().position(|name| name.trim() == rule.name);
            rule.position = place.and_then(|place| i32::try_from(place).ok()).unwrap_or(i32::MAX);
        }
    }
}

/// Removes those that the file does not name.
pub(super) fn prune(rules: &[WrittenEntryRule], draft: &mut Draft) {
    let kept: BTreeSet<&str> = rules.iter().map(|rule| rule.name.trim()).collect();
    draft.setup.entry_rules.retain(|_, rule| kept.contains(rule.name.as_str()));
}
