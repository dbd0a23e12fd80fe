//! Whom a change of a set-up lets do or see something else than before.

use std::collections::BTreeSet;

use super::value::{Member, Setup};
use crate::domain::access::Rights;
use crate::domain::ids::{QueueId, UserId};

/// Those whose tokens and pages say no longer what is so: by another role or another meaning of it, or, for those who see what their teams
/// see, by other teams and queues.
pub(super) fn changed(before: &Setup, after: &Setup) -> BTreeSet<UserId> {
    let known = |id: &UserId| before.members.get(id).map(|member| rights(before, member));
    let is_another = |(id, member): &(&UserId, &Member)| known(id).is_some_and(|was| was != rights(after, member));
    after.members.iter().filter(is_another).map(|(id, _)| *id).collect()
}

/// The last part: whether a code is asked for.
fn rights(setup: &Setup, member: &Member) -> (Rights, BTreeSet<QueueId>, bool) {
    let rights = setup.rights(member.role);
    let is_by_team = rights.visibility.is_by_team();
    let queues = setup.queues.iter().filter(|(_, queue)| is_by_team && member.teams.contains(&queue.team));
    let asks_for_code = setup.securities.values().any(|security| security.asks_for_code(member.role));
    (rights, queues.map(|(id, _)| *id).collect(), asks_for_code)
}
