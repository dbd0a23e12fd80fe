//! The end of a shift: who could take what is held by those who are not here.

use std::collections::BTreeMap;

use super::FloorPerson;
use crate::domain::ids::UserId;

/// What somebody holds, and who could take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takes {
    pub from: UserId,
    pub held: i32,
    /// Somebody of their teams who is here, and for how much of it they have room; nothing where nobody has any.
    pub to: Option<(UserId, i32)>,
}

/// Of everybody who holds something and takes no work, in the order they were given, who could take it: whoever of their teams has most
/// room, and is left with less of it.
#[must_use]
pub fn who_takes_what(people: &[FloorPerson]) -> Vec<Takes> {
    let here = people.iter().filter(|one| one.takes_work());
    let mut room: BTreeMap<UserId, i32> = here.map(|one| (one.id, (one.capacity - one.load).max(0))).collect();
    let leaving = people.iter().filter(|one| one.load > 0 && !one.takes_work());
    let takes = |from: &FloorPerson| {
        let is_of_theirs = |one: &&FloorPerson| one.teams.iter().any(|team| from.teams.contains(team));
        let room_of = |one: &FloorPerson| room.get(&one.id).copied().unwrap_or_default();
        let others = people.iter().filter(is_of_theirs).filter(|one| room_of(one) > 0);
        let to = others.max_by_key(|one| (room_of(one), std::cmp::Reverse(one.name.to_lowercase()))).map(|one| one.id);
        let to = to.and_then(|to| {
            let left = room.get_mut(&to)?;
            let taken = from.load.min(*left);
            *left -= taken;
            Some((to, taken))
        });
        Takes { from: from.id, held: from.load, to }
    };
    leaving.map(takes).collect()
}
