//! Fields, known by their keys, in their order.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::Ids;
use super::{Found, Wrong, is_in_order, no_twins, unfit_text};
use crate::domain::details::{FieldKind, FieldOf};
use crate::domain::ids::FieldId;
use crate::domain::setup::check::{LONGEST_NAME, is_field_key};
use crate::domain::setup::draft::Draft;
use crate::domain::setup::refusal::SetupRefusal;
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
    for (place, field) in fields.iter().enumerate() {
        let path = |part: &str| format!("fields[{place}].{part}");
        if !is_field_key(&field.key) {
            found.push((path("key"), Wrong::Refused(SetupRefusal::FieldKeyUnfit { key: field.key.clone() })));
        }
        unfit_text(|| path("label"), &field.label, LONGEST_NAME, found);
        if field.kind == FieldKind::Choice && field.choices.is_empty() {
            found.push((path("choices"), Wrong::Refused(SetupRefusal::ChoicesMissing { field: field.label.clone() })));
        }
        for (number, choice) in field.choices.iter().enumerate() {
            unfit_text(|| format!("fields[{place}].choices[{number}]"), choice, LONGEST_NAME, found);
        }
    }
}

pub(super) fn bring_in(fields: &[WrittenField], ids: &mut Ids, draft: &mut Draft) {
    for of in FieldOf::ALL {
        let of_them = || fields.iter().filter(move |field| field.of == of);
        let known = |key: &str| draft.setup.fields.iter().find(|(_, known)| known.key == key).map(|(id, known)| (*id, known.position));
        let known: Vec<Option<(FieldId, i32)>> = of_them().map(|field| known(&field.key)).collect();
        let places = known.iter().map(|known| known.map(|(_, position)| position));
        let keeps_places = is_in_order(places.zip(of_them()).map(|(place, field)| (place, field.key.as_str())));
        for ((position, known), field) in (0..).zip(known).zip(of_them()) {
            let WrittenField { key, label, of, kind, choices, shown, locked } = field.clone();
            let position = known.filter(|_| keeps_places).map_or(position, |(_, position)| position);
            let id = known.map_or_else(|| FieldId(ids.next()), |(id, _)| id);
            draft.setup.fields.insert(id, Field { key, label, of, kind, choices, shown, locked, position });
        }
    }
}

/// Removes those that the file does not name; what was noted stays under their keys.
pub(super) fn prune(fields: &[WrittenField], draft: &mut Draft) {
    let kept: BTreeSet<&str> = fields.iter().map(|field| field.key.as_str()).collect();
    draft.setup.fields.retain(|_, field| kept.contains(&*field.key));
}
