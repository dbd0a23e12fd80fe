//! Prepared texts, known by their shortcuts.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::{Ids, Names};
use super::{Found, Wrong, no_twins, teams};
use crate::domain::ids::CannedReplyId;
use crate::domain::setup::check;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::refusal::SetupRefusal;
use crate::domain::setup::value::{CannedReply, Setup};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenCannedReply {
    pub(super) shortcut: String,
    #[schemars(length(min = 1, max = 4096))]
    body: String,
    /// Where it is found among the others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 80))]
    folder: String,
    /// Whose it is, where it is not everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    team: Option<String>,
}

impl WrittenCannedReply {
    /// Nothing of what somebody keeps for themselves alone.
    pub(super) fn of(setup: &Setup, reply: &CannedReply) -> Option<Self> {
        let CannedReply { shortcut, body, folder, team, owner } = reply.clone();
        owner.is_none().then(|| Self { shortcut, body, folder, team: team.map(|team| teams::name(setup, team)) })
    }
}

pub(super) fn check(replies: &[WrittenCannedReply], names: &Names, found: &mut Found) {
    no_twins("canned_replies", "shortcut", replies.iter().map(|reply| reply.shortcut.as_str()), found);
    for (place, reply) in replies.iter().enumerate().filter(|(_, reply)| !check::is_shortcut(&reply.shortcut)) {
        let refusal = SetupRefusal::ShortcutUnfit { shortcut: reply.shortcut.clone() };
        found.push((format!("canned_replies[{place}].shortcut"), Wrong::Refused(refusal)));
    }
    for (place, reply) in replies.iter().enumerate() {
        if let Some(team) = reply.team.as_ref().filter(|team| !names.teams.contains(*team)) {
            found.push((format!("canned_replies[{place}].team"), Wrong::NoSuch(team.clone())));
        }
    }
}

pub(super) fn bring_in(replies: &[WrittenCannedReply], ids: &mut Ids, draft: &mut Draft) {
    let known: BTreeMap<String, CannedReplyId> =
        shared(&draft.setup.canned_replies).map(|(id, reply)| (reply.shortcut.clone(), *id)).collect();
    for WrittenCannedReply { shortcut, body, folder, team } in replies.iter().cloned() {
        let id = known.get(&shortcut).copied().unwrap_or_else(|| CannedReplyId(ids.next()));
        let team = team.and_then(|team| teams::named(&draft.setup, &team));
        draft.setup.canned_replies.insert(id, CannedReply { shortcut, body, folder, team, owner: None });
    }
}

/// Removes those that the file does not name.
pub(super) fn prune(replies: &[WrittenCannedReply], draft: &mut Draft) {
    let kept: BTreeSet<&str> = replies.iter().map(|reply| reply.shortcut.as_str()).collect();
    draft.setup.canned_replies.retain(|_, reply| reply.owner.is_some() || kept.contains(&*reply.shortcut));
}

fn shared(replies: &BTreeMap<CannedReplyId, CannedReply>) -> impl Iterator<Item = (&CannedReplyId, &CannedReply)> {
    replies.iter().filter(|(_, reply)| reply.owner.is_none())
}
