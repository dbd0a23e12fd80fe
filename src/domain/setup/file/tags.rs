//! Tags, known by their names. One that was merged is not carried: another one counts in its place.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::Ids;
use super::{Found, Wrong, no_twins, unfit_text};
use crate::domain::details::COLOURS;
use crate::domain::ids::TagId;
use crate::domain::setup::check::LONGEST_KEY;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::refusal::SetupRefusal;
use crate::domain::setup::value::Tag;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenTag {
    #[schemars(length(min = 1, max = 40))]
    pub(super) name: String,
    /// Such as `red`.
    colour: String,
    /// Nobody adds it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    archived: bool,
}

impl WrittenTag {
    pub(super) fn of(tag: &Tag) -> Option<Self> {
        let Tag { name, colour, archived, merged_into } = tag.clone();
        merged_into.is_none().then_some(Self { name, colour, archived })
    }
}

pub(super) fn check(tags: &[WrittenTag], found: &mut Found) {
    no_twins("tags", "name", tags.iter().map(|tag| tag.name.as_str()), found);
    for (place, tag) in tags.iter().enumerate() {
        unfit_text(|| format!("tags[{place}].name"), &tag.name, LONGEST_KEY, found);
        if !COLOURS.contains(&tag.colour.as_str()) {
            let refusal = SetupRefusal::ColourUnknown { colour: tag.colour.clone() };
            found.push((format!("tags[{place}].colour"), Wrong::Refused(refusal)));
        }
    }
}

pub(super) fn bring_in(tags: &[WrittenTag], ids: &mut Ids, draft: &mut Draft) {
    for WrittenTag { name, colour, archived } in tags.iter().cloned() {
        let known = draft.setup.tags.iter().find(|(_, tag)| tag.name == name && tag.merged_into.is_none()).map(|(id, _)| *id);
        draft.setup.tags.insert(known.unwrap_or_else(|| TagId(ids.next())), Tag { name, colour, archived, merged_into: None });
    }
}

/// Archives those that the file does not name: conversations have them.
pub(super) fn prune(tags: &[WrittenTag], draft: &mut Draft) {
    let kept: BTreeSet<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
    let gone = draft.setup.tags.values_mut().filter(|tag| tag.merged_into.is_none() && !kept.contains(&*tag.name));
    gone.for_each(|tag| tag.archived = true);
}
