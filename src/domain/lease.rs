//! How long somebody keeps what they hold who is not here: a conversation is not left with them for longer.

use jiff::{SignedDuration, Timestamp};

use super::agent::Agent;
use super::assigning::own_queue;
use super::conversation::Controller;
use super::decision::Decision;
use super::event::QueuedBecause;
use super::ids::UserId;
use super::receiving::queue;
use super::refusal::Refusal;

/// For how many minutes people keep conversations who are not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub minutes: i32,
}

impl Default for Lease {
    fn default() -> Self {
        Self { minutes: Self::USUAL }
    }
}

impl Lease {
    /// What a workspace begins with.
    pub const USUAL: i32 = 2;

    pub const LEAST: i32 = 1;
    pub const MOST: i32 = 24 * 60;

    /// When somebody's hold on a conversation ends that has been theirs since `assigned_at`: when they said, if they signed off and keep it.
    #[must_use]
    pub fn ends_for(self, agent: &Agent, assigned_at: Option<Timestamp>) -> Timestamp {
        let kept = agent.signed_off.and_then(|signed_off| signed_off.keeps(assigned_at));
        kept.unwrap_or_else(|| self.ends_at(agent.here_at, assigned_at))
    }

    /// When somebody's hold on a conversation ends who was last here then, and has had it since `assigned_at`: what is given to somebody who
    /// is not here is theirs for as long as what they left.
    #[must_use]
    pub fn ends_at(self, here_at: Timestamp, assigned_at: Option<Timestamp>) -> Timestamp {
        let from = assigned_at.map_or(here_at, |assigned_at| here_at.max(assigned_at));
        from.saturating_add(SignedDuration::from_mins(i64::from(self.minutes))).unwrap_or(Timestamp::MAX)
    }
}

/// Who holds it has not been here for longer than they keep it, or is not back when they said: it waits in its queue again, in front.
/// Judged by when they were last here as it is known now: whoever is back meanwhile is not bothered.
pub(super) fn end(it: &mut Decision, of: UserId) -> Result<(), Refusal> {
    let conversation = it.conversation()?;
    let kept = Refusal::Overtaken { name: None };
    if conversation.controller != (Controller::Agent { user: of }) {
        return Err(kept);
    }
    // Of whoever works here no more everything goes back anyway.
    let agent = it.snapshot.agents.get(&of).ok_or(Refusal::UnknownPerson)?;
    if it.now < it.snapshot.workplace.lease.ends_for(agent, conversation.assigned_at) {
        return Err(kept);
    }
    let (name, until) = (agent.name.clone(), agent.signed_off.and_then(|signed_off| signed_off.keeps(conversation.assigned_at)));
    let target = own_queue(it)?.id;
    let minutes = it.now.duration_since(agent.here_at).as_mins();
    let because = match until {
        Some(until) => QueuedBecause::KeptUntil { user: of, name, until },
        None => QueuedBecause::OwnerGone { user: of, name, minutes },
    };
    queue(it, target, because)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_runs_from_when_somebody_was_last_here_or_from_when_they_got_it_if_that_was_later() {
        let at = |minute: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute);
        let lease = Lease::default();
        assert_eq!(lease.ends_at(at(10), Some(at(3))), at(12));
        assert_eq!(lease.ends_at(at(10), Some(at(30))), at(32));
        assert_eq!(lease.ends_at(at(10), None), at(12));
        assert_eq!(Lease { minutes: Lease::MOST }.ends_at(Timestamp::MAX, None), Timestamp::MAX);
    }
}
