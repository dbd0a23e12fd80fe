//! Flows, known by their names, with the definition that is published.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::import::{Ids, Names};
use super::{Found, Wrong, is_same, no_twins, yaml};
use crate::domain::channel;
use crate::domain::flows::validation::{self, Fault};
use crate::domain::ids::FlowId;
use crate::domain::setup::draft::{Applied, Draft};
use crate::domain::setup::value::{Flow, Setup};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenFlow {
    #[schemars(length(min = 1, max = 80))]
    pub(super) name: String,
    /// Out of the lists; no number uses it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    archived: bool,
    /// As it is published; nothing of a flow that is not.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "yaml::compactly_if_any")]
    #[schemars(extend("type" = "object"))]
    definition: Option<Value>,
}

impl WrittenFlow {
    pub(super) fn of(setup: &Setup, id: FlowId, flow: &Flow) -> Self {
        let Flow { name, published, archived } = flow.clone();
        Self { name, archived, definition: published.and_then(|version| setup.definitions.get(&(id, version)).cloned()) }
    }
}

pub(super) fn named(setup: &Setup, name: &str) -> Option<FlowId> {
    setup.flows.iter().find(|(_, flow)| flow.name == name).map(|(id, _)| *id)
}

fn published(setup: &Setup, flow: FlowId) -> Option<&Value> {
    setup.definitions.get(&(flow, setup.flows.get(&flow)?.published?))
}

pub(super) fn check(flows: &[WrittenFlow], setup: &Setup, names: &Names, found: &mut Found) {
    no_twins("flows", "name", flows.iter().map(|flow| flow.name.as_str()), found);
    let keys: Vec<&str> = names.queues.iter().map(String::as_str).collect();
    for (place, flow) in flows.iter().enumerate() {
        let Some(definition) = &flow.definition else { continue };
        let is_published = named(setup, &flow.name).and_then(|id| published(setup, id)).is_some_and(|known| is_same(known, definition));
        // What is published already is nobody's fault here, unless it speaks of a queue that is not there.
        if is_published {
            continue;
        }
        let faults = validation::check_with(definition, &keys, Some(&names.words), &channel::WHATSAPP).err().unwrap_or_default();
        let whole = format!("flows[{place}].definition");
        found.extend(faults.into_iter().map(|Fault { what, path, .. }| (below(&whole, definition, &path), Wrong::Flow(what))));
    }
}

/// The path of a part of a definition, as places in the file are called.
fn below(whole: &str, definition: &Value, steps: &[String]) -> String {
    let (mut path, mut part) = (whole.to_owned(), Some(definition));
    for step in steps {
        let is_list = part.is_some_and(Value::is_array);
        path += &if is_list { format!("[{step}]") } else { format!(".{step}") };
        part = part.and_then(|part| if is_list { part.get(step.parse::<usize>().ok()?) } else { part.get(step) });
    }
    path
}

pub(super) fn bring_in(flows: &[WrittenFlow], ids: &mut Ids, draft: &mut Draft) -> Applied {
    for WrittenFlow { name, archived, definition } in flows {
        let id = named(&draft.setup, name).unwrap_or_else(|| {
            let id = FlowId(ids.next());
            draft.setup.flows.insert(id, Flow { name: name.trim().to_owned(), published: None, archived: *archived });
            id
        });
        if let Some(flow) = draft.setup.flows.get_mut(&id) {
            flow.archived = *archived;
        }
        match definition {
            Some(definition) if !published(&draft.setup, id).is_some_and(|known| is_same(known, definition)) => {
                draft.publish(id, definition.clone())?;
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}
