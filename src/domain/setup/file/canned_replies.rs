//! Prepared texts, known by their shortcuts.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::Ids;
use super::{Found, Wrong, no_twins};
use crate::domain::ids::CannedReplyId;
use crate::domain::setup::check;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::refusal::SetupRefusal;
use crate::domain::setup::value::CannedReply;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenCannedReply {
    pub(super) shortcut: String,
    #[schemars(length(min = 1, max = 4096))]
    body: String,
}

impl WrittenCannedReply {
    pub(super) fn of(reply: &CannedReply) -> Self {
        let CannedReply { shortcut, body } = reply.clone();
        Self { shortcut, body }
    }
}

pub(super) fn check(replies: &[WrittenCannedReply], found: &mut Found) {
    no_twins("canned_replies", "shortcut", replies.iter().map(|reply| reply.shortcut.as_str()), found);
    for (place, reply) in replies.iter().enumerate().filter(|(_, reply)| !check::is_shortcut(&reply.shortcut)) {
        let refusal = SetupRefusal::ShortcutUnfit { shortcut: reply.shortcut.clone() };
        found.push((format!("canned_replies[{place}].shortcut"), Wrong::Refused(refusal)));
    }
}

pub(super) fn bring_in(replies: &[WrittenCannedReply], ids: &mut Ids, draft: &mut Draft) {
    let known: BTreeMap<String, CannedReplyId> =
        draft.setup.canned_replies.iter().map(|(id, reply)| (reply.shortcut.clone(), *id)).collect();
    for WrittenCannedReply { shortcut, body } in replies.iter().cloned() {
        let id = known.get(&shortcut).copied().unwrap_or_else(|| CannedReplyId(ids.next()));
        draft.setup.canned_replies.insert(id, CannedReply { shortcut, body });
    }
}

/// Removes those that the file does not name.
pub(super) fn prune(replies: &[WrittenCannedReply], draft: &mut Draft) {
    let kept: BTreeSet<&str> = replies.iter().map(|reply| reply.shortcut.as_str()).collect();
    draft.setup.canned_replies.retain(|_, reply| kept.contains(&*reply.shortcut));
}
