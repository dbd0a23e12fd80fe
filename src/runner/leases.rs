//! Who is here, as every node writes it down, and what becomes of what people hold who are not.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{Error, Runner, now};
use crate::domain::Command;
use crate::domain::command::Person;
use crate::domain::ids::{UserId, WorkspaceId};
use crate::store::agents::Gone;

/// People who are looked at together, of whom one node has each for so long.
const PEOPLE: i64 = 10;
const CLAIM: SignedDuration = SignedDuration::from_secs(10);

/// Conversations of one person that go back at once, and about how many one round deals with.
const BATCH: i64 = 100;
const ROUND: usize = 200;

/// People who did something since they were written down last; of more, it is not noted that they did.
const MOST_ACTED: usize = 20_000;

/// Nodes that have pages are heard of this often; one look follows another within it.
const GAP: SignedDuration = SignedDuration::from_secs(25);

/// For how long they must have been heard of without a gap until anybody counts as gone: long enough for pages to come back.
const STEADY: SignedDuration = SignedDuration::from_secs(30);

/// Who did something on this node, and when; a page that does without a socket is here all the same.
#[derive(Debug, Default)]
pub(super) struct Acted(Mutex<HashMap<(WorkspaceId, UserId), Timestamp>>);

impl Acted {
    pub(super) fn note(&self, workspace: WorkspaceId, user: UserId, at: Timestamp) {
        let mut acted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = acted.len() >= MOST_ACTED;
        match acted.entry((workspace, user)) {
            Entry::Occupied(mut known) => _ = known.insert(at),
            Entry::Vacant(free) if !is_full => _ = free.insert(at),
            Entry::Vacant(_) => {}
        }
    }

    /// Gives back what could not be written down: what was noted since is later.
    fn keep(&self, untold: HashMap<(WorkspaceId, UserId), Timestamp>) {
        let mut acted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (person, at) in untold {
            if acted.len() < MOST_ACTED || acted.contains_key(&person) {
                let known = acted.entry(person).or_insert(at);
                *known = at.max(*known);
            }
        }
    }

    fn take(&self) -> HashMap<(WorkspaceId, UserId), Timestamp> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether what is known of who is here can be believed. After an outage, or when everything stood still, nobody is written down as here
/// who is; they have [`STEADY`] to come back before anybody counts as gone.
#[derive(Debug, Default)]
pub struct Steadiness {
    last_look: Option<Timestamp>,
    since: Option<Timestamp>,
}

impl Steadiness {
    /// Looks at when a node with pages was heard of last, if all that such nodes need is there. Answers whether they have been for long
    /// enough.
    pub fn look(&mut self, now: Timestamp, heard_at: Option<Timestamp>) -> bool {
        let follows = |earlier: Timestamp| earlier <= now && now.duration_since(earlier) <= GAP;
        // Another node's clock may be a little ahead.
        let is_heard = heard_at.is_some_and(|heard_at| now.duration_since(heard_at) <= GAP);
        if !is_heard || !self.last_look.is_some_and(follows) {
            self.since = None;
        }
        self.last_look = Some(now);
        if is_heard { now.duration_since(*self.since.get_or_insert(now)) >= STEADY } else { false }
    }
}

impl Runner {
    /// Writes down who has a page open on this node, and who did something here.
    ///
    /// # Errors
    /// A fault; whoever is here still is written down the next time.
    pub async fn tell_who_is_here(&self) -> Result<(), Error> {
        let now = now();
        let acted = self.acted.take();
        let mut here = acted.clone();
        here.extend(self.live.hub.users().into_iter().map(|person| (person, now)));
        if here.is_empty() {
            return Ok(());
        }
        let told = self.store.set_here(&here).await;
        if told.is_err() {
            self.acted.keep(acted);
        }
        Ok(told?)
    }

    /// Whoever does something is here, also with a page that does without a socket.
    pub(super) fn note_acted(&self, workspace: WorkspaceId, by: &Person) {
        self.acted.note(workspace, by.user, now());
    }

    /// When a node that has pages was heard of last; nothing while nodes do not hear each other.
    ///
    /// # Errors
    /// A fault.
    pub async fn pages_heard_at(&self) -> Result<Option<Timestamp>, Error> {
        let heard_at = self.store.pages_heard_at().await?;
        Ok(heard_at.filter(|_| self.live.is_bus_up()))
    }

    /// Gives back to their queues what people hold who have not been here for longer than they keep it, or are not back when they said; answers how much. What to look at
    /// is found here, and whether it goes back is decided at the door, each by itself.
    ///
    /// # Errors
    /// A fault; it may be repeated, and goes on where it stopped.
    pub async fn end_leases(&self) -> Result<usize, Error> {
        self.check_clock()?;
        let (mut ended, mut looked_at, mut failed) = (0, 0, None);
        while looked_at < ROUND {
            let now = now();
            let gone = self.store.claim_gone(now, now.saturating_add(CLAIM).unwrap_or(now), PEOPLE).await?;
            if gone.is_empty() {
                break;
            }
            for one in gone {
                match self.end_leases_of(&one, now).await {
                    Ok((held, of_them)) => (looked_at, ended) = (looked_at + held, ended + of_them),
                    // One that cannot be given back holds up none of the others.
                    Err(error) => failed = Some(error),
                }
            }
        }
        failed.map_or(Ok(ended), Err)
    }

    /// Answers how many were looked at, and how many of them went back.
    async fn end_leases_of(&self, &Gone { workspace, user, lease }: &Gone, now: Timestamp) -> Result<(usize, usize), Error> {
        let gone_since = now.saturating_sub(SignedDuration::from_mins(i64::from(lease.minutes))).unwrap_or(Timestamp::MIN);
        // Whoever has just come is not written down yet: of theirs goes back only what they said.
        let is_connected = self.live.is_connected(workspace, user);
        let since = if is_connected { Timestamp::UNIX_EPOCH } else { gone_since };
        let held = self.store.held_for_too_long(workspace, user, since, now, BATCH).await?;
        let (mut ended, mut failed) = (0, None);
        for conversation in &held {
            match self.run_unless_overtaken(workspace, *conversation, Command::EndLease { of: user }).await {
                Ok(is_ended) => ended += usize::from(is_ended),
                Err(error) => failed = Some(error),
            }
        }
        metrics::counter!("baton_leases_ended_total").increment(u64::try_from(ended).unwrap_or_default());
        failed.map_or(Ok((held.len(), ended)), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn nobody_counts_as_gone_until_nodes_have_been_heard_of_for_half_a_minute() {
        let mut steadiness = Steadiness::default();
        let looks: Vec<bool> = (0..=30).step_by(2).map(|second| steadiness.look(at(second), Some(at(second - second % 10)))).collect();
        assert_eq!(looks.iter().filter(|is_steady| **is_steady).count(), 1, "{looks:?}");
        assert!(steadiness.look(at(32), Some(at(30))));
    }

    #[test]
    fn after_a_gap_it_is_waited_anew() {
        let steady = || {
            let mut steadiness = Steadiness::default();
            (0..=40).for_each(|second| _ = steadiness.look(at(second), Some(at(second))));
            steadiness
        };
        assert!(steady().look(at(41), Some(at(40))));
        let mut frozen = steady();
        assert!(!frozen.look(at(80), Some(at(79))), "all of it stood still");
        assert!(!frozen.look(at(100), Some(at(99))) && frozen.look(at(110), Some(at(109))));
        let mut unheard = steady();
        assert!(!unheard.look(at(41), None) && !unheard.look(at(42), Some(at(42))), "the database was away");
        let mut stale = steady();
        assert!(!(41..70).map(|second| stale.look(at(second), Some(at(40)))).next_back().unwrap(), "no node with pages is there");
        let mut back = steady();
        assert!(!back.look(at(20), Some(at(20))), "the clock was set back");
    }

    #[test]
    fn who_did_something_is_told_once_with_the_last_time_and_of_too_many_not_all_are_kept() {
        let (acted, workspace) = (Acted::default(), WorkspaceId(uuid::Uuid::nil()));
        let person = |number: usize| UserId(uuid::Uuid::from_u128(number as u128));
        (0..MOST_ACTED + 5).for_each(|number| acted.note(workspace, person(number), at(1)));
        acted.note(workspace, person(3), at(2));
        let told = acted.take();
        assert_eq!((told.len(), told[&(workspace, person(3))], acted.take().len()), (MOST_ACTED, at(2), 0));
    }

    #[test]
    fn what_could_not_be_written_down_is_told_the_next_time() {
        let (acted, workspace) = (Acted::default(), WorkspaceId(uuid::Uuid::nil()));
        let person = |number: u128| (workspace, UserId(uuid::Uuid::from_u128(number)));
        (0..3).for_each(|number| acted.note(workspace, person(number).1, at(5)));
        let untold = acted.take();
        acted.note(workspace, person(1).1, at(7));
        acted.keep(untold);
        let told = acted.take();
        assert_eq!([0, 1, 2].map(|number| told[&person(number)]), [at(5), at(7), at(5)]);
    }
}
