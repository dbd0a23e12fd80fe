//! Whoever signs off, or goes away, says what becomes of what they hold: they keep it until then, a colleague has it, or it waits in its
//! queues again.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::access::Permission;
use super::answering::allow;
use super::assigning::{hand_to, own_queue, put_into};
use super::command::Person;
use super::conversation::{Holder, State};
use super::decision::Decision;
use super::event::{Event, QueuedBecause};
use super::ids::UserId;
use super::refusal::Refusal;
use super::routing::Rule;

/// Of somebody who signed off and is not back: nothing new is given to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOff {
    pub at: Timestamp,
    /// Until when they keep what was theirs then, if they do.
    pub keep_until: Option<Timestamp>,
}

impl SignedOff {
    /// Until when they keep what has been theirs since `assigned_at`; nothing of what they were given later.
    #[must_use]
    pub fn keeps(self, assigned_at: Option<Timestamp>) -> Option<Timestamp> {
        self.keep_until.filter(|_| assigned_at.is_none_or(|assigned_at| assigned_at <= self.at))
    }
}

/// What becomes of all that somebody holds who signs off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningOff {
    /// It is theirs until then, whatever happens; then it waits in its queues again, unless they are back.
    Keep {
        until: Timestamp,
    },
    HandOver {
        to: UserId,
    },
    Return,
}

impl SigningOff {
    /// For how many minutes one keeps what one holds, to choose from.
    pub const MINUTES: [i64; 3] = [15, 30, 60];

    /// Nobody keeps anything for longer.
    pub const MOST: SignedDuration = SignedDuration::from_hours(24);

    /// # Errors
    /// [`Refusal::KeptUnfit`] of a time that is past, or too far away.
    pub fn check(self, now: Timestamp) -> Result<(), Refusal> {
        let SigningOff::Keep { until } = self else { return Ok(()) };
        if until > now && until.duration_since(now) <= Self::MOST { Ok(()) } else { Err(Refusal::KeptUnfit) }
    }
}

/// When it is that time of day next.
#[must_use]
pub fn next_time(of_day: Time, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let today = now.to_zoned(zone.clone()).date();
    let days = [Ok(today), today.tomorrow()].into_iter().flatten();
    let mut times = days.filter_map(|day| zone.to_ambiguous_timestamp(day.to_datetime(of_day)).compatible().ok());
    times.find(|at| *at > now)
}

/// One of those that somebody holds who signs off. Whatever went elsewhere meanwhile stays there.
pub(super) fn sign_off(it: &mut Decision, by: &Person, choice: SigningOff) -> Result<(), Refusal> {
    allow(by, Permission::ManageSelf)?;
    let conversation = it.conversation()?;
    if conversation.state == State::Resolved || conversation.holder() != Holder::Agent(by.user) {
        return Err(Refusal::Overtaken { name: None });
    }
    let assigned_at = conversation.assigned_at;
    let (user, name) = (by.user, by.name.clone());
    match choice {
        SigningOff::Keep { until } => {
            let signed_off = it.snapshot.agents.get(&user).and_then(|agent| agent.signed_off);
            // Whoever is back already keeps it for as long as they are here.
            if signed_off.and_then(|it| it.keeps(assigned_at)) != Some(until) {
                return Err(Refusal::Overtaken { name: None });
            }
            it.emit(Event::ConversationKept { agent: user, name, until });
            Ok(())
        }
        SigningOff::HandOver { to } => {
            allow(by, Permission::Transfer)?;
            // They may have gone, or be handing over what they hold themselves.
            if let Some(agent) = it.snapshot.agents.get(&to).filter(|agent| !agent.takes_work()) {
                return Err(Refusal::NotHere { name: agent.name.clone() });
            }
            hand_to(it, by, to, Rule::SignedOff { user, name })
        }
        SigningOff::Return => {
            let target = own_queue(it)?.id;
            put_into(it, by, target, QueuedBecause::SignedOff { user, name })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_keeps_until_a_time_within_a_day_and_what_was_theirs_when_they_signed_off() {
        let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let keeps = |until: Timestamp| SigningOff::Keep { until }.check(at(0));
        assert_eq!([at(0), at(-1), at(24 * 60 + 1)].map(keeps), [(); 3].map(|()| Err(Refusal::KeptUnfit)));
        assert_eq!([at(1), at(24 * 60)].map(keeps), [Ok(()), Ok(())]);
        let signed_off = SignedOff { at: at(5), keep_until: Some(at(30)) };
        assert_eq!([None, Some(at(5)), Some(at(6))].map(|since| signed_off.keeps(since)), [Some(at(30)), Some(at(30)), None]);
        assert_eq!(SignedOff { keep_until: None, ..signed_off }.keeps(None), None);
    }

    #[test]
    fn a_time_of_day_is_the_next_one_in_the_time_zone() {
        let zone = TimeZone::get("Europe/Madrid").unwrap();
        let next = |now: &str, hour: i8, minute: i8| {
            next_time(Time::constant(hour, minute, 0, 0), &zone, now.parse().unwrap()).unwrap().to_string()
        };
        assert_eq!(next("2026-11-28T12:00:00Z", 14, 30), "2026-11-28T13:30:00Z");
        assert_eq!(next("2026-11-28T12:00:00Z", 13, 0), "2026-11-29T12:00:00Z", "that is now: it is tomorrow's");
        assert_eq!(next("2026-03-28T23:30:00Z", 2, 30), "2026-03-29T01:30:00Z", "there is none that night: an hour later");
    }
}
