//! Which published flows name a thing, and where: it cannot go before they are changed. And which rules do.

use std::sync::Arc;

use crate::domain::channel;
use crate::domain::conditions::{Condition, Subject, stored};
use crate::domain::details::Vocabulary;
use crate::domain::flows::definition::Definition;
use crate::domain::flows::validation;
use crate::domain::ids::{EntryRuleId, TagId};
use crate::domain::names;
use crate::domain::setup::rules::in_order;
use crate::domain::setup::value::EntryRule;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// What flows can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named<'a> {
    /// By its key.
    Queue(&'a str),
    Tag(TagId),
    /// By its key.
    Field(&'a str),
}

/// A published flow that names something.
pub(super) struct FlowThatNames {
    pub definition: Arc<Definition>,
    pub places: Vec<String>,
}

/// The published flows that name a thing, each with the places, by name: those that would be faulty without it.
pub(super) async fn flows_that_name(state: &State, signed: &Signed, thing: Named<'_>) -> Result<Vec<FlowThatNames>> {
    let workplace = state.runner.workplaces().get(signed.workspace).await?;
    let all: Vec<&str> = workplace.queues.iter().map(|queue| queue.key.as_str()).collect();
    let others: Vec<&str> = all.iter().copied().filter(|key| thing != Named::Queue(key)).collect();
    let words = &workplace.vocabulary;
    let other_words = Vocabulary {
        tags: words.tags.iter().filter(|tag| thing != Named::Tag(tag.id)).cloned().collect(),
        fields: words.fields.iter().filter(|field| thing != Named::Field(&field.key)).cloned().collect(),
    };
    let mut named = Vec::new();
    for (flow, version) in &workplace.published {
        let Some(definition) = workplace.definitions.get(&(*flow, *version)) else { continue };
        let json = serde_json::to_value(&**definition).map_err(Error::fault)?;
        let faults =
            |queues: &[&str], words| validation::check_with(&json, queues, Some(words), &channel::WHATSAPP).err().unwrap_or_default();
        let known = faults(&all, words);
        let places: Vec<String> =
            faults(&others, &other_words).into_iter().filter(|fault| !known.contains(fault)).map(|fault| fault.place()).collect();
        if !places.is_empty() {
            named.push(FlowThatNames { definition: definition.clone(), places });
        }
    }
    named.sort_by_cached_key(|flow| names::order(&flow.definition.name));
    Ok(named)
}

/// Their names and places.
pub(super) fn in_words(flows: Vec<FlowThatNames>) -> Vec<(String, Vec<String>)> {
    flows.into_iter().map(|flow| (flow.definition.name.clone(), flow.places)).collect()
}

/// The rules that name a thing: in what they ask for, or in what follows.
pub(super) async fn rules_that_name(state: &State, signed: &Signed, thing: Named<'_>) -> Result<Vec<(EntryRuleId, String)>> {
    let setup = state.runner.workplaces().setup(signed.workspace).await?;
    let all = in_order(&setup.entry_rules).into_iter().filter(|(_, rule)| names_it(rule, &setup.vocabulary(), thing));
    Ok(all.map(|(id, rule)| (id, rule.name.clone())).collect())
}

fn names_it(rule: &EntryRule, words: &Vocabulary, thing: Named<'_>) -> bool {
    let counts = |tag: TagId| words.tag(tag).map_or(tag, |tag| tag.id);
    let condition = stored::read(&rule.conditions).unwrap_or_else(|_| Condition::always());
    let mut leaves = condition.leaves().into_iter().filter_map(|leaf| Some((Subject::read(&leaf.subject)?, &leaf.values)));
    match thing {
        Named::Queue(_) => false,
        Named::Tag(tag) => {
            let is_it = |value: &String| value.parse().is_ok_and(|value| counts(value) == tag);
            rule.tags.iter().any(|own| counts(*own) == tag)
                || leaves.any(|(subject, values)| subject == Subject::ConversationTags && values.iter().any(is_it))
        }
        Named::Field(key) => {
            leaves.any(|(subject, _)| matches!(subject, Subject::ContactField(own) | Subject::ConversationField(own) if own == key))
        }
    }
}
