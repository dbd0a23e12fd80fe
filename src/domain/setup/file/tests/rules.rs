//! Rules in files: they name what counts, and go with what they name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{brought_in, empty, import, lamps};
use crate::domain::ids::{EntryRuleId, InboxId, QueueId, TagId};
use crate::domain::setup::SetupEvent;
use crate::domain::setup::file::{Import, Reach, export};
use crate::domain::setup::value::{EntryRule, InboxState, Tag};

/// Rules that name what was archived, merged, and who works there.
pub fn some() -> BTreeMap<EntryRuleId, EntryRule> {
    let (id, tag) = (|id: u128| Uuid::from_u128(id).to_string(), |id| TagId(Uuid::from_u128(id)));
    let rule = |name: &str, conditions: Value, tags: &[TagId], position| EntryRule {
        name: name.to_owned(),
        enabled: true,
        conditions,
        queue: Some(QueueId(Uuid::from_u128(21))),
        priority: None,
        tags: tags.iter().copied().collect(),
        skills: crate::domain::routing::RuleSkills::default(),
        position,
    };
    let merged = json!({"all": [{"subject": "conversation.tags", "one_of": [id(202), id(201)]}, {"subject": "inbox", "is": id(51)}]});
    let mine = json!({"all": [{"subject": "previous_agent", "is": id(2)}]});
    let all = [rule("Merged", merged, &[tag(201), tag(202)], 4), rule("Of Ana", mine, &[], 2)];
    (400..).map(|id| EntryRuleId(Uuid::from_u128(id))).zip(all).collect()
}

#[test]
fn what_a_rule_names_is_the_tag_that_counts_however_the_others_are_called() {
    let mut setup = lamps();
    // Since it was merged, another one is called as it was.
    let merged = setup.tags[&TagId(Uuid::from_u128(202))].clone();
    setup.tags.insert(TagId(Uuid::from_u128(204)), Tag { merged_into: None, ..merged });
    let text = export(&setup, true).unwrap();
    assert_eq!(brought_in(&setup, import(&text)).1, [], "{text}");
    let (copy, _) = brought_in(&empty(), import(&text));
    let rule = copy.entry_rules.values().find(|rule| rule.name == "Merged").unwrap();
    let names: BTreeSet<&str> = rule.tags.iter().map(|tag| copy.tags[tag].name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["Old", "VIP"]));
    let vip = copy.tags.iter().find(|(_, tag)| tag.name == "VIP").unwrap().0.to_string();
    assert_eq!(rule.conditions["all"][0]["one_of"][0], json!(vip));
}

#[test]
fn a_rule_that_names_who_or_which_is_not_there_yet_is_left_out_and_nothing_else_is() {
    let setup = lamps();
    let accounts = setup.members.values().map(|member| member.email.clone()).collect();
    let text = export(&setup, true).unwrap();
    let wished = Import { reach: Reach::Workspace { accounts }, ..import(&text) };
    let plan = wished.plan(&empty()).unwrap();
    let left: BTreeSet<&str> = plan.left_out.iter().map(|fault| fault.path.as_str()).collect();
    assert!(left.contains("entry_rules[0].conditions") && left.contains("entry_rules[1].conditions"), "{left:?}");
    assert!(!plan.events.iter().any(|event| matches!(event, SetupEvent::EntryRule(_))));
    // A number that is disconnected is not written down.
    let mut setup = lamps();
    setup.inboxes.get_mut(&InboxId(Uuid::from_u128(51))).unwrap().state = InboxState::Disconnected;
    let text = export(&setup, true).unwrap();
    assert_eq!(brought_in(&setup, import(&text)).1, [], "here it is known");
    let (copy, _) = brought_in(&empty(), import(&text));
    assert_eq!(copy.entry_rules.values().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["Of Ana"]);
}

#[test]
fn without_people_no_rule_names_any() {
    let text = export(&lamps(), false).unwrap();
    assert!(text.contains("name: Merged") && !text.contains("Of Ana") && !text.contains("example.com"), "{text}");
}
