//! The floor: how much waits in each queue, what each person holds, what burns, and what to do about it. Figures are of everybody; what
//! somebody is shown of them is their [`Scope`].

mod act;
pub mod handover;
pub mod history;
mod person;
#[cfg(test)]
mod tests;
pub mod wait;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use self::act::{Came, FloorAct, FloorEntry, Left, MOST_AT_ONCE, MOST_HELD_AT_ONCE, SetBack};
use self::history::Quarter;
pub use self::person::{FloorPerson, PersonAlert, PersonFigures};
use self::wait::{Expected, Habits, expected, looks_again_at};
use super::access::Visibility;
use super::agent::Presence;
use super::hours::Hours;
use super::ids::{QueueId, TeamId, UserId};
use super::overdue::AnswerWithin;
use super::rest::{Rest, RestKind};

/// What will be past its promise within this long burns already.
pub const SOON: SignedDuration = SignedDuration::from_mins(2);

/// The teams whose queues and people somebody is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Teams {
    All,
    These(BTreeSet<TeamId>),
}

impl Teams {
    fn of(teams: &BTreeSet<TeamId>, are_seen: bool) -> Self {
        Self::These(if are_seen { teams.clone() } else { BTreeSet::new() })
    }

    fn only(self, team: TeamId) -> Self {
        match self {
            Teams::All => Teams::These(BTreeSet::from([team])),
            Teams::These(teams) => Teams::These(teams.into_iter().filter(|one| *one == team).collect()),
        }
    }

    #[must_use]
    pub fn have(&self, team: TeamId) -> bool {
        match self {
            Teams::All => true,
            Teams::These(teams) => teams.contains(&team),
        }
    }
}

/// What somebody is shown of the floor: as in lists, what waits in queues that they see, and those people whose conversations they see.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    pub queues: Teams,
    pub people: Teams,
    /// Whoever sees nobody else sees themselves.
    pub own: Option<UserId>,
}

impl Scope {
    /// Of who sees so much and works in these teams; `team` is the one they look at.
    #[must_use]
    pub fn of(user: UserId, visibility: Visibility, teams: &BTreeSet<TeamId>, team: Option<TeamId>) -> Self {
        let (queues, people, own) = match visibility {
            Visibility::All => (Teams::All, Teams::All, None),
            Visibility::OwnTeams => (Teams::of(teams, true), Teams::of(teams, true), Some(user)),
            Visibility::MineAndUnassigned => (Teams::of(teams, true), Teams::of(teams, false), Some(user)),
            Visibility::Mine => (Teams::of(teams, false), Teams::of(teams, false), Some(user)),
        };
        match team {
            Some(team) => Self { queues: queues.only(team), people: people.only(team), own: None },
            None => Self { queues, people, own },
        }
    }

    #[must_use]
    pub fn has_queue(&self, queue: &FloorQueue) -> bool {
        self.queues.have(queue.team)
    }

    #[must_use]
    pub fn has_person(&self, person: &FloorPerson) -> bool {
        self.people == Teams::All || self.own == Some(person.id) || person.teams.iter().any(|team| self.people.have(*team))
    }
}

/// How much it burns; the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Calm,
    /// Somebody is past their promise in a moment.
    Soon,
    /// Somebody waits for longer than was promised.
    Late,
}

impl Level {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Calm => "calm",
            Level::Soon => "soon",
            Level::Late => "late",
        }
    }

    /// Of what is due then.
    #[must_use]
    pub fn at(due: Option<Timestamp>, now: Timestamp) -> Self {
        match due {
            Some(due) if due <= now => Level::Late,
            Some(due) if due.duration_since(now) <= SOON => Level::Soon,
            Some(_) | None => Level::Calm,
        }
    }
}

/// Whether customers are answered now by what is set up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Opening {
    Open {
        until: Option<Timestamp>,
    },
    Closed {
        until: Option<Timestamp>,
    },
    /// In words of a newer version.
    Unknown,
}

impl Opening {
    #[must_use]
    pub fn of(hours: Option<&Hours>, now: Timestamp) -> Self {
        match hours {
            None => Opening::Unknown,
            Some(hours) if hours.is_open(now) => Opening::Open { until: hours.closes_at(now) },
            Some(hours) => Opening::Closed { until: hours.next_opening(now).map(|at| at.timestamp()) },
        }
    }

    fn changes_at(&self) -> Option<Timestamp> {
        match self {
            Opening::Open { until } | Opening::Closed { until } => *until,
            Opening::Unknown => None,
        }
    }
}

/// What waits in a queue, as it is stored.
#[derive(Debug, Clone)]
pub struct QueueFigures {
    pub id: QueueId,
    pub name: String,
    pub team: TeamId,
    pub team_name: String,
    /// None where this version does not understand them.
    pub hours: Option<Hours>,
    pub promise_minutes: i32,
    pub rest: Option<Rest>,
    /// So many wait there at most, if that is said.
    pub most: Option<i32>,
    pub waiting: i64,
    /// Since when the one waits who waits longest.
    pub oldest: Option<Timestamp>,
    /// How many are past the promise, or will be [soon](SOON).
    pub late: i64,
    pub soon: i64,
    /// Since when the next one waits who is not late yet, and who is not even soon.
    pub next_late: Option<Timestamp>,
    pub next_soon: Option<Timestamp>,
    /// Conversations that are late by the policy of the queue, whoever holds them, and those that will be.
    pub breached: i64,
    pub breaching: i64,
    /// When one more is the one or the other.
    pub next_breach: Option<Timestamp>,
    /// What came and went lately, oldest first.
    pub lately: Vec<Quarter>,
}

/// What the floor is made of.
#[derive(Debug, Clone, Default)]
pub struct FloorFigures {
    /// In the order that was set up.
    pub queues: Vec<QueueFigures>,
    pub people: Vec<PersonFigures>,
    /// Within how long whoever holds a conversation answers.
    pub answer: Option<AnswerWithin>,
    /// When the day began, and when what was done in it is counted anew.
    pub day_begins_at: Option<Timestamp>,
    pub day_ends_at: Option<Timestamp>,
    /// How fast queues are usually worked off.
    pub habits: Arc<HashMap<QueueId, Habits>>,
}

/// A queue on the floor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FloorQueue {
    pub id: QueueId,
    /// Among all of them.
    pub place: usize,
    pub name: String,
    pub team: TeamId,
    pub team_name: String,
    pub opening: Opening,
    pub promise_minutes: i32,
    /// It is paused or drained now.
    pub rest: Option<Rest>,
    /// So many wait there at most, if that is said.
    pub most: Option<i32>,
    pub waiting: i64,
    pub oldest: Option<Timestamp>,
    pub late: i64,
    pub soon: i64,
    /// Conversations that are late by its policy, and those that will be.
    pub breached: i64,
    pub breaching: i64,
    /// People of its team who are here and take conversations, and those of them who have room.
    pub here: usize,
    pub with_room: usize,
    /// How long whoever comes now will wait.
    pub expected: Option<Expected>,
}

/// What is wrong with a queue, and to be seen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueueAlert {
    /// It is paused, and somebody waits.
    Paused,
    /// It is open, somebody waits, and nobody of its team is here.
    NobodyHere,
    /// It is open, somebody waits for too long, and everybody who is here is full.
    NobodyHasRoom,
    /// Something is late by its policy.
    Breached,
    /// Somebody waits for too long.
    Late,
    /// Something will be late by its policy.
    Breaching,
}

impl FloorQueue {
    fn of(place: usize, figures: QueueFigures, people: &[FloorPerson], habits: Option<&Habits>, now: Timestamp) -> Self {
        let here: Vec<&FloorPerson> = people.iter().filter(|one| one.takes_work() && one.teams.contains(&figures.team)).collect();
        let with_room = here.iter().filter(|one| one.has_room()).count();
        let opening = Opening::of(figures.hours.as_ref(), now);
        let is_held_back = figures.rest.as_ref().is_some_and(|rest| rest.holds_back(now));
        // How fast it goes tells nothing of what nothing is given out of.
        let gives_out = !is_held_back && !matches!(opening, Opening::Closed { .. });
        let expected = || expected(&figures.lately, figures.waiting, here.len(), with_room, habits, now);
        Self {
            expected: gives_out.then(expected).flatten(),
            opening,
            here: here.len(),
            with_room,
            id: figures.id,
            place,
            name: figures.name,
            team: figures.team,
            team_name: figures.team_name,
            promise_minutes: figures.promise_minutes,
            rest: figures.rest.filter(|rest| rest.is_on(now)),
            most: figures.most,
            waiting: figures.waiting,
            oldest: figures.oldest,
            late: figures.late,
            soon: figures.soon,
            breached: figures.breached,
            breaching: figures.breaching,
        }
    }

    #[must_use]
    pub fn level(&self) -> Level {
        match (self.late + self.breached, self.soon + self.breaching) {
            (1.., _) => Level::Late,
            (_, 1..) => Level::Soon,
            _ => Level::Calm,
        }
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.opening, Opening::Closed { .. })
    }

    /// The worst that is wrong with it.
    #[must_use]
    pub fn alert(&self) -> Option<QueueAlert> {
        let is_open = self.is_open() && self.waiting > 0;
        if self.waiting > 0 && self.rest.as_ref().is_some_and(|rest| rest.kind() != Some(RestKind::Draining)) {
            return Some(QueueAlert::Paused);
        }
        match (is_open, self.here, self.with_room) {
            (true, 0, _) => Some(QueueAlert::NobodyHere),
            (true, _, 0) if self.late > 0 => Some(QueueAlert::NobodyHasRoom),
            _ if self.breached > 0 => Some(QueueAlert::Breached),
            _ if self.late > 0 => Some(QueueAlert::Late),
            _ => (self.breaching > 0).then_some(QueueAlert::Breaching),
        }
    }
}

/// The figures above everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Strip {
    pub waiting: i64,
    pub oldest: Option<Timestamp>,
    pub late: i64,
    /// Late by the policies of queues, and what will be.
    pub breached: i64,
    pub breaching: i64,
    pub here: usize,
    pub away: usize,
    /// Conversations that people hold.
    pub held: i64,
}

/// Everything at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Floor {
    /// In the order that was set up.
    pub queues: Vec<FloorQueue>,
    /// What burns first.
    pub people: Vec<FloorPerson>,
    /// When it is another one, though nothing happens.
    pub changes_at: Option<Timestamp>,
    pub day_begins_at: Option<Timestamp>,
    pub day_ends_at: Option<Timestamp>,
}

impl Floor {
    #[must_use]
    pub fn of(figures: FloorFigures, is_connected: impl Fn(UserId) -> bool, now: Timestamp) -> Self {
        let FloorFigures { queues, people, answer, day_begins_at, day_ends_at, habits } = figures;
        let promises = queues.iter().flat_map(|queue| {
            let promise = SignedDuration::from_mins(i64::from(queue.promise_minutes));
            let late = queue.next_late.and_then(|since| since.checked_add(promise).ok());
            late.into_iter().chain(queue.next_soon.and_then(|since| since.checked_add(promise - SOON).ok()))
        });
        let breaches = queues.iter().filter_map(|queue| queue.next_breach);
        let dues = people.iter().filter_map(|one| one.due).map(|due| turn(due, now));
        let alarms = people.iter().filter_map(|one| one.alarm_at(answer));
        let mut turns: Vec<Timestamp> = promises.chain(breaches).chain(dues).chain(alarms).chain(day_ends_at).collect();
        let mut people: Vec<FloorPerson> = people
            .into_iter()
            .map(|figures| {
                let is_here = is_connected(figures.id);
                FloorPerson::of(figures, answer, is_here, now)
            })
            .collect();
        people.sort_by_cached_key(FloorPerson::rank);
        let queue = |(place, figures): (usize, QueueFigures)| {
            let habits = habits.get(&figures.id);
            FloorQueue::of(place, figures, &people, habits, now)
        };
        let queues: Vec<FloorQueue> = queues.into_iter().enumerate().map(queue).collect();
        turns.extend(queues.iter().filter_map(|queue| looks_again_at(queue.waiting, now)));
        turns.extend(queues.iter().filter_map(|queue| queue.opening.changes_at()));
        turns.extend(queues.iter().filter_map(|queue| queue.rest.as_ref()?.until));
        Self { changes_at: turns.into_iter().filter(|at| *at > now).min(), queues, people, day_begins_at, day_ends_at }
    }

    /// What somebody is shown of it.
    #[must_use]
    pub fn seen_in(&self, scope: &Scope) -> Self {
        Self {
            queues: self.queues.iter().filter(|queue| scope.has_queue(queue)).cloned().collect(),
            people: self.people.iter().filter(|person| scope.has_person(person)).cloned().collect(),
            changes_at: self.changes_at,
            day_begins_at: self.day_begins_at,
            day_ends_at: self.day_ends_at,
        }
    }

    #[must_use]
    pub fn strip(&self) -> Strip {
        Strip {
            waiting: self.queues.iter().map(|queue| queue.waiting).sum(),
            oldest: self.queues.iter().filter_map(|queue| queue.oldest).min(),
            late: self.queues.iter().map(|queue| queue.late).sum(),
            breached: self.queues.iter().map(|queue| queue.breached).sum(),
            breaching: self.queues.iter().map(|queue| queue.breaching).sum(),
            here: self.people.iter().filter(|one| one.takes_work()).count(),
            away: self.people.iter().filter(|one| one.presence() == Presence::Away).count(),
            held: self.people.iter().map(|one| i64::from(one.load)).sum(),
        }
    }

    /// Queues with what is wrong with them, and people.
    pub fn alerts(&self) -> (impl Iterator<Item = (&FloorQueue, QueueAlert)>, impl Iterator<Item = (&FloorPerson, PersonAlert)>) {
        let queues = self.queues.iter().filter_map(|queue| Some((queue, queue.alert()?)));
        let people = self.people.iter().filter_map(|person| Some((person, person.alert()?)));
        (queues, people)
    }

    #[must_use]
    pub fn queue(&self, id: QueueId) -> Option<&FloorQueue> {
        self.queues.iter().find(|queue| queue.id == id)
    }

    #[must_use]
    pub fn person(&self, id: UserId) -> Option<&FloorPerson> {
        self.people.iter().find(|person| person.id == id)
    }
}

/// When something due then comes to another level next.
fn turn(due: Timestamp, now: Timestamp) -> Timestamp {
    let soon = due.saturating_sub(SOON).unwrap_or(Timestamp::MIN);
    if soon > now { soon } else { due }
}
