//! What ended lately: sessions, and people whose rights changed. No token that was made before counts any more, whatever it says.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::domain::ids::{SessionId, UserId, WorkspaceId};

/// For how long an ending is remembered: longer than any token lives.
pub const REMEMBERED: SignedDuration = SignedDuration::from_mins(2);

/// How far the clocks of two nodes may be apart: a token that looks so much younger than an ending may still be older.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(5);

/// Endings remembered at most. Beyond it, everything made until then counts as ended: whoever is still signed in is looked up again.
const MOST: usize = 50_000;

/// The endings that this node heard of.
pub struct Endings(Mutex<Ended>);

struct Ended {
    sessions: HashMap<SessionId, Timestamp>,
    people: HashMap<(WorkspaceId, UserId), Timestamp>,
    /// Tokens made until then are not believed.
    everything: Timestamp,
}

impl Default for Endings {
    fn default() -> Self {
        Self(Mutex::new(Ended { sessions: HashMap::new(), people: HashMap::new(), everything: Timestamp::MIN }))
    }
}

impl Endings {
    /// A person signed out, or was.
    pub fn end_session(&self, session: SessionId, now: Timestamp) {
        let mut ended = self.ended();
        ended.make_room(now);
        ended.sessions.insert(session, now);
    }

    /// What a person may do changed, or whether they may do anything at all.
    pub fn end_person(&self, workspace: WorkspaceId, user: UserId, now: Timestamp) {
        let mut ended = self.ended();
        ended.make_room(now);
        ended.people.insert((workspace, user), now);
    }

    /// Endings may have been missed: everything made until now is looked up again.
    pub fn end_everything(&self, now: Timestamp) {
        self.ended().everything = now;
    }

    /// Whether a token of this person's session that was made at `made` counts no more.
    #[must_use]
    pub fn is_over(&self, workspace: WorkspaceId, user: UserId, session: SessionId, made: Timestamp) -> bool {
        let ended = self.ended();
        let is_before = |ending: Timestamp| made <= ending.saturating_add(CLOCKS_APART).unwrap_or(Timestamp::MAX);
        ended.sessions.contains_key(&session)
            || ended.people.get(&(workspace, user)).is_some_and(|ending| is_before(*ending))
            || (ended.everything > Timestamp::MIN && is_before(ended.everything))
    }

    fn ended(&self) -> MutexGuard<'_, Ended> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ended {
    fn make_room(&mut self, now: Timestamp) {
        if self.sessions.len() + self.people.len() < MOST {
            return;
        }
        let is_young = |ending: &Timestamp| now.duration_since(*ending) <= REMEMBERED;
        self.sessions.retain(|_, ending| is_young(ending));
        self.people.retain(|_, ending| is_young(ending));
        if self.sessions.len() + self.people.len() >= MOST {
            self.sessions.clear();
            self.people.clear();
            self.everything = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
    const ANA: UserId = UserId(Uuid::from_u128(2));

    fn session(number: u128) -> SessionId {
        SessionId(Uuid::from_u128(number))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    #[test]
    fn an_ended_session_is_over_and_no_other() {
        let endings = Endings::default();
        endings.end_session(session(1), at(100));
        assert!(endings.is_over(WORKSPACE, ANA, session(1), at(999)));
        assert!(!endings.is_over(WORKSPACE, ANA, session(2), at(0)));
    }

    #[test]
    fn what_a_person_had_before_is_over_and_what_they_get_afterwards_counts() {
        let endings = Endings::default();
        endings.end_person(WORKSPACE, ANA, at(100));
        assert!(endings.is_over(WORKSPACE, ANA, session(1), at(100)));
        assert!(endings.is_over(WORKSPACE, ANA, session(1), at(104)), "the clock of the node that made it may be ahead");
        assert!(!endings.is_over(WORKSPACE, ANA, session(1), at(106)));
        assert!(!endings.is_over(WorkspaceId(Uuid::from_u128(9)), ANA, session(1), at(0)));
    }

    #[test]
    fn when_something_may_have_been_missed_nothing_old_is_believed() {
        let endings = Endings::default();
        assert!(!endings.is_over(WORKSPACE, ANA, session(1), at(0)));
        endings.end_everything(at(100));
        assert!(endings.is_over(WORKSPACE, ANA, session(1), at(50)));
        assert!(!endings.is_over(WORKSPACE, ANA, session(1), at(150)));
    }

    #[test]
    fn a_storm_of_endings_neither_fills_the_memory_nor_revives_anybody() {
        let endings = Endings::default();
        for number in 0..=MOST as u128 {
            endings.end_session(session(number), at(100));
        }
        assert!(endings.ended().sessions.len() < MOST);
        assert!((0..=MOST as u128).all(|number| endings.is_over(WORKSPACE, ANA, session(number), at(90))));
    }
}
