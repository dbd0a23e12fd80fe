//! Fields, known by their keys, in their order.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::Ids;
use super::{Found, no_twins};
use crate::domain::details::{FieldKind, FieldOf};
use crate::domain::ids::FieldId;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::value::{Field, Setup};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenField {
    /// What flows call it.
    pub(super) key: String,
    #[schemars(length(min = 1, max = 80))]
    label: String,
    of: FieldOf,
    kind: FieldKind,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    choices: Vec<String>,
    /// Whether those who answer see it.
    #[serde(default = "yes")]
    shown: bool,
    /// Whether only those who set up change its values.
    #[serde(default)]
    locked: bool,
}

fn yes() -> bool {
    true
}

/// All of them in their order.
pub(super) fn all(setup: &Setup) -> Vec<WrittenField> {
    let mut fields: Vec<&Field> = setup.fields.values().collect();
    fields.sort_by(|one, other| (one.of, one.position, &one.key).cmp(&(other.of, other.position, &other.key)));
    let written = |field: &Field| {
        let Field { key, label, of, kind, choices, shown, locked, position: _ } = field.clone();
        WrittenField { key, label, of, kind, choices, shown, locked }
    };
    fields.into_iter().map(written).collect()
}

pub(super) fn check(fields: &[WrittenField], found: &mut Found) {
    no_twins("fields", "key", fields.iter().map(|field| field.key.as_str()), found);
}

pub(super) fn bring_in(fields: &[WrittenField], ids: &mut Ids, draft: &mut Draft) {
    for of in FieldOf::ALL {
        for (position, field) in (0..).zip(fields.iter().filter(|field| field.of == of)) {
            let WrittenField { key, label, of, kind, choices, shown, locked } = field.clone();
            let known = draft.setup.fields.iter().find(|(_, known)| known.key == key).map(|(id, _)| *id);
            let id = known.unwrap_or_else(|| FieldId(ids.next()));
            draft.setup.fields.insert(id, Field { key, label, of, kind, choices, shown, locked, position });
        }
    }
}

/// Removes those that the file does not name; what was noted stays under their keys.
pub(super) fn prune(fields: &[WrittenField], draft: &mut Draft) {
    let kept: BTreeSet<&str> = fields.iter().map(|field| field.key.as_str()).collect();
    draft.setup.fields.retain(|_, field| kept.contains(&*field.key));
}
