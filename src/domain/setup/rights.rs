//! Whom a change of a set-up lets do or see something else than before.

use std::collections::BTreeSet;

use super::event::SetupEvent;
use super::value::{Member, Setup, Standing};
use crate::domain::access::{Rights, Role};
use crate::domain::command::Person;
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

/// Whether a role, somebody or an invitation is given more than before that whoever gives it does not have: neither what a role allows nor
/// what it shows can be had through others. Whoever decides what somebody signs in with could sign in as them.
pub(super) fn gives_more_than(by: &Person, before: &Setup, after: &Setup, events: &[SetupEvent]) -> bool {
    let own = by.rights;
    let is_more = |was: Rights, is: Rights| {
        let gained = Rights { permissions: is.permissions.without(was.permissions), ..is };
        gained.exceed(Rights { visibility: was.visibility.max(own.visibility), ..own })
    };
    let given = |setup: &Setup, role: Option<Role>| role.map_or(Rights::default(), |role| setup.rights(role));
    let role = |setup: &Setup, id| setup.roles.get(id).map_or(Rights::default(), |role| role.rights);
    let works_as = |setup: &Setup, id| setup.members.get(id).filter(|member| member.active).map(|member| member.role);
    let is_opened = |id: &UserId| *id != by.user && events.iter().any(|event| event.changes_sign_in_of() == Some(*id));
    let worked_as = |id| if is_opened(id) { None } else { works_as(before, id) };
    // Another link is an invitation for whoever is shown it.
    let is_anew = |id| events.iter().any(|event| matches!(event, SetupEvent::InvitationLink { invitation, .. } if invitation == id));
    let offers = |setup: &Setup, id| setup.invitations.get(id).filter(|it| it.standing == Standing::Open).map(|it| it.role);
    let offered = |id| if is_anew(id) { None } else { offers(before, id) };
    after.roles.keys().any(|id| is_more(role(before, id), role(after, id)))
        || after.members.keys().any(|id| is_more(given(before, worked_as(id)), given(after, works_as(after, id))))
        || after.invitations.keys().any(|id| is_more(given(before, offered(id)), given(after, offers(after, id))))
}
