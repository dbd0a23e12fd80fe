//! What rules may cost together.

use serde_json::{Value, json};

use super::*;
use crate::domain::ids::EntryRuleId;
use crate::domain::setup::rules::{MOST_COMPARISONS, MOST_RULES};

fn rule(number: usize, comparisons: usize) -> SetupCommand {
    let leaves: Vec<Value> = (0..comparisons).map(|leaf| json!({"subject": "message.text", "contains": format!("{leaf}")})).collect();
    let new = value::EntryRule {
        name: format!("Rule {number}"),
        enabled: true,
        conditions: json!({ "any": leaves }),
        queue: Some(SUPPORT),
        priority: None,
        tags: BTreeSet::new(),
        skills: crate::domain::routing::RuleSkills::default(),
        position: 0,
    };
    SetupCommand::AddEntryRule { rule: EntryRuleId(Uuid::from_u128(1000 + number as u128)), new }
}

#[test]
fn rules_are_bounded_in_number_and_in_comparisons_of_all() {
    let full = SetupRefusal::TooManyRules { most: MOST_RULES, comparisons: MOST_COMPARISONS };
    for comparisons in [1, 50] {
        let most = (MOST_COMPARISONS / comparisons).min(MOST_RULES);
        let setup = after(&shop(), SetupCommand::Several((0..most).map(|number| rule(number, comparisons)).collect()));
        assert_eq!(refused(&setup, rule(most, 1)), full);
    }
}
