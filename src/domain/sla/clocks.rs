//! The clocks of a conversation: what it is measured by, since when, and what was told of it. They are reckoned from the conversation as it
//! stands, and from nothing else that happened: whoever missed something finds it out with whatever comes next.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::due::{Counted, Gap, Instants};
use super::policy::Clock;
use crate::domain::conversation::{Controller, Conversation, State};
use crate::domain::routing::Priority;

/// Stretches that do not count, at most. Of more, the two oldest count as one that is as long.
const MOST_PAUSES: usize = 20;

/// What a customer was told when people got the matter: an instant from which they hear of us, or one until which they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promised {
    From(Timestamp),
    By(Timestamp),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// Since when people have the matter.
    pub since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised: Option<Promised>,
    /// A person has answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_answered: bool,
    /// What the customer waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// What was answered last: an answer that does not arrive is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Response>,
    /// By when it is to be resolved; nothing while that stands still, and once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Due>,
    /// What was told of the resolution while it stood still.
    #[serde(default)]
    told: Told,
    /// Whether the resolution stands still while it is the customer's turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pauses: bool,
    /// Whether there is a target for the resolution.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    resolves: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stood_still: Vec<Pause>,
    /// Only another version understands them: they stay as they are.
    #[serde(skip)]
    is_strange: bool,
}

/// A wait for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    pub clock: Clock,
    /// Since when the customer waits: what it is known by.
    pub waits: Timestamp,
    /// Since when it counts.
    since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// What was told of it while no policy measured it.
    #[serde(default, skip_serializing_if = "Told::is_nothing")]
    told: Told,
}

/// When something is due, and what was told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub at: Timestamp,
    /// When it is told that it will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soon_at: Option<Timestamp>,
    #[serde(default)]
    pub told: Told,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    pub soon: bool,
    pub late: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Pause {
    from: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Timestamp>,
    /// It was resolved; otherwise it was the customer's turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_resolved: bool,
}

impl Told {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Due {
    /// With what was told of it before, as far as that is still so.
    fn anew((soon_at, at): Instants, told: Told, now: Timestamp) -> Self {
        let late = told.late && at <= now;
        Self { at, soon_at, told: Told { late, soon: late || (told.soon && soon_at.is_none_or(|soon| soon <= now)) } }
    }

    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.at <= now
    }

    /// It is late, or will be in a moment.
    #[must_use]
    pub fn is_soon(&self, now: Timestamp) -> bool {
        self.soon_at.unwrap_or(self.at) <= now
    }
}

impl Clocks {
    /// Those that this version does not understand.
    #[must_use]
    pub fn strange() -> Self {
        let since = Timestamp::UNIX_EPOCH;
        let (told, stood_still) = (Told::default(), Vec::new());
        Self {
            since,
            promised: None,
            is_answered: false,
            response: None,
            answered: None,
            resolution: None,
            told,
            pauses: false,
            resolves: false,
            stood_still,
            is_strange: true,
        }
    }

    #[must_use]
    pub fn is_strange(&self) -> bool {
        self.is_strange
    }

    /// The clocks of a conversation as it stands, that had these before. Nothing where no person has it.
    #[must_use]
    pub fn reckon(
        known: Option<&Clocks>,
        it: &Conversation,
        counted: Option<Counted<'_>>,
        promised: Option<Promised>,
        now: Timestamp,
    ) -> Option<Self> {
        let has_people = matches!(it.controller, Controller::Queue | Controller::Agent { .. });
        let mut clocks = match known {
            Some(strange) if strange.is_strange => return Some(strange.clone()),
            _ if it.state != State::Resolved && !has_people => return None,
            None if it.state == State::Resolved => return None,
            None => Self::begin(it, promised, now),
            Some(known) => known.clone(),
        };
        clocks.wait(it);
        clocks.stand_still(it, now);
        clocks.fall_due(it, counted, now);
        Some(clocks)
    }

    /// People have it from now on, or have had it since before anything was measured.
    fn begin(it: &Conversation, promised: Option<Promised>, now: Timestamp) -> Self {
        let since = it.queued_at.or(it.assigned_at).unwrap_or(now).min(now);
        Self {
            since,
            promised,
            is_answered: it.waiting_since.is_none_or(|waits| waits > since),
            response: None,
            answered: None,
            resolution: None,
            told: Told::default(),
            pauses: false,
            resolves: false,
            stood_still: Vec::new(),
            is_strange: false,
        }
    }

    /// What the customer waits for. Since when they wait is what a wait is known by: the same again is one whose answer was none.
    fn wait(&mut self, it: &Conversation) {
        let waits = it.waiting_since.filter(|_| it.state != State::Resolved);
        if self.response.as_ref().map(|response| response.waits) == waits {
            return;
        }
        if let Some(answered) = self.response.take() {
            self.is_answered |= it.state != State::Resolved;
            self.answered = Some(answered);
        }
        let Some(waits) = waits else { return };
        self.response = self.answered.take_if(|answered| answered.waits == waits);
        if let Some(again) = &self.response {
            self.is_answered = again.clock != Clock::FirstResponse;
            return;
        }
        let clock = if self.is_answered { Clock::NextResponse } else { Clock::FirstResponse };
        self.response = Some(Response { clock, waits, since: waits.max(self.since), due: None, told: Told::default() });
    }

    /// Since when it is the customer's turn, or it is resolved.
    fn stand_still(&mut self, it: &Conversation, now: Timestamp) {
        let is_resolved = it.state == State::Resolved;
        let stands_still = is_resolved || self.response.is_none();
        if let Some(last) = self.stood_still.last_mut().filter(|last| last.to.is_none()) {
            if stands_still && last.is_resolved == is_resolved {
                return;
            }
            let ends = self.response.as_ref().map_or(now, |response| if last.is_resolved { now } else { response.waits });
            let from = last.from;
            last.to = Some(ends.max(from));
            // An answer that was none, or an act that was taken back at once.
            if ends <= from {
                self.stood_still.pop();
            }
        }
        if stands_still {
            let answered_at = it.last_message.as_ref().filter(|last| last.agent.is_some()).map(|_| it.last_message_at);
            let from = if is_resolved { it.resolved_at } else { answered_at };
            let ended = self.stood_still.last().and_then(|last| last.to).unwrap_or(self.since);
            self.stood_still.push(Pause { from: from.unwrap_or(now).clamp(ended.min(now), now), to: None, is_resolved });
        }
        while self.stood_still.len() > MOST_PAUSES {
            let Pause { from, to, is_resolved } = self.stood_still.remove(1);
            let length = to.map_or(SignedDuration::ZERO, |to| to.duration_since(from));
            let first = &mut self.stood_still[0];
            first.to = first.to.and_then(|to| to.checked_add(length).ok());
            first.is_resolved &= is_resolved;
        }
    }

    /// When everything is due that runs, by what counts now.
    fn fall_due(&mut self, it: &Conversation, counted: Option<Counted<'_>>, now: Timestamp) {
        let target = |clock: Clock, priority: Priority| counted.and_then(|counted| counted.policy.targets(clock).of(priority));
        if let Some(response) = &mut self.response {
            let is_first = response.clock == Clock::FirstResponse;
            let (from, by) = match self.promised.filter(|_| is_first) {
                Some(Promised::From(from)) => (Some(from), None),
                Some(Promised::By(by)) => (None, Some(by)),
                None => (None, None),
            };
            let since = from.map_or(response.since, |from| from.max(response.since));
            let told = response.due.map_or(response.told, |due| due.told);
            response.due = counted.zip(target(response.clock, it.priority)).and_then(|(counted, minutes)| {
                let instants = counted.due(since, minutes, &[], by)?;
                Some(Due::anew(instants, told, now))
            });
            response.told = if response.due.is_some() { Told::default() } else { told };
        }
        self.resolves = target(Clock::Resolution, it.priority).is_some();
        self.pauses = counted.is_some_and(|counted| counted.policy.pauses);
        let told = self.resolution.take().map_or(self.told, |due| due.told);
        let gaps: Vec<Gap> =
            self.stood_still.iter().filter(|pause| self.pauses || pause.is_resolved).map(|pause| (pause.from, pause.to)).collect();
        self.resolution = counted.zip(target(Clock::Resolution, it.priority)).and_then(|(counted, minutes)| {
            let instants = counted.due(self.since, minutes, &gaps, None)?;
            Some(Due::anew(instants, told, now))
        });
        self.told = if self.resolution.is_some() { Told::default() } else { told };
        // What is resolved is late no more, and comes back as it was.
        if it.state == State::Resolved {
            self.told = self.resolution.take().map_or(self.told, |due| due.told);
        }
    }

    /// What runs.
    pub fn running(&self) -> impl Iterator<Item = (Clock, Due)> {
        let response = self.response.as_ref().and_then(|response| Some((response.clock, response.due?)));
        response.into_iter().chain(self.resolution.map(|due| (Clock::Resolution, due)))
    }

    /// What runs of a conversation as it stands, also where an answer left that nothing was decided about since.
    pub fn running_in(&self, waiting_since: Option<Timestamp>, now: Timestamp) -> impl Iterator<Item = (Clock, Due)> {
        let (waits, pauses) = (self.response.as_ref().map(|response| response.waits), self.pauses);
        self.running().filter(move |(clock, due)| match clock {
            Clock::Resolution => waiting_since.is_some() || !pauses || due.is_late(now),
            Clock::FirstResponse | Clock::NextResponse => waiting_since.is_some() && waiting_since == waits,
        })
    }

    /// Whether the resolution stands still as it is the customer's turn.
    #[must_use]
    pub fn is_paused(&self, waiting_since: Option<Timestamp>) -> bool {
        self.pauses && waiting_since.is_none()
    }

    /// Whether its resolution is measured, also while that stands still.
    #[must_use]
    pub fn has_resolution(&self) -> bool {
        self.resolves
    }

    /// When the next thing is to be told that will be late.
    #[must_use]
    pub fn next_soon(&self) -> Option<Timestamp> {
        self.running().filter(|(_, due)| !due.told.soon && !due.told.late).filter_map(|(_, due)| due.soon_at).min()
    }

    /// When the next thing will be late.
    #[must_use]
    pub fn next_late(&self) -> Option<Timestamp> {
        self.running().filter(|(_, due)| !due.told.late).map(|(_, due)| due.at).min()
    }

    /// Of all that runs, what is due first.
    #[must_use]
    pub fn first_due(&self) -> Option<Timestamp> {
        self.running().map(|(_, due)| due.at).min()
    }

    /// Of all that runs, what is told first to be due.
    #[must_use]
    pub fn first_soon(&self) -> Option<Timestamp> {
        self.running().map(|(_, due)| due.soon_at.unwrap_or(due.at)).min()
    }

    /// What is to be told now, each once from then on: what is late, and what will be.
    pub(super) fn tell(&mut self, now: Timestamp) -> Vec<(Clock, Timestamp, bool)> {
        let mut told = Vec::new();
        let response = self.response.as_mut().and_then(|response| Some((response.clock, response.due.as_mut()?)));
        for (clock, due) in response.into_iter().chain(self.resolution.as_mut().map(|due| (Clock::Resolution, due))) {
            if due.is_late(now) && !due.told.late {
                due.told = Told { soon: true, late: true };
                told.push((clock, due.at, true));
            } else if due.is_soon(now) && !due.told.soon && !due.told.late {
                due.told.soon = true;
                told.push((clock, due.at, false));
            }
        }
        told
    }

    /// What was met since it was so: answered, or resolved, before it was late.
    #[must_use]
    pub fn met_since(before: &Clocks, now: &Conversation) -> Vec<Clock> {
        let after = now.clocks.as_ref();
        let is_over = |response: &&Response| after.and_then(|after| after.response.as_ref()).is_none_or(|one| one.waits != response.waits);
        let answered = after.is_some_and(|after| after.is_answered || now.state != State::Resolved);
        let response = before.response.as_ref().filter(is_over).filter(|_| answered);
        let response = response.and_then(|response| Some((response.clock, response.due?)));
        let resolution = before.resolution.filter(|_| now.state == State::Resolved).map(|due| (Clock::Resolution, due));
        response.into_iter().chain(resolution).filter(|(_, due)| !due.told.late).map(|(clock, _)| clock).collect()
    }
}
