//! People take back what they did a moment ago.

use jiff::{SignedDuration, Timestamp};

use super::access::Permission;
use super::answering::allow;
use super::command::Person;
use super::conversation::{ControlBefore, Controller, State};
use super::decision::Decision;
use super::event::{Act, Actor, Event, Recorded};
use super::flows::session::FlowSession;
use super::ids::UserId;
use super::letting_go;
use super::refusal::Refusal;
use super::timer::Timer;

/// How long an act can be taken back. Pages offer it for ten seconds; the rest is for those who stop to read, and for slow networks.
pub const UNDO_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// Gives back state, controller and place, also to who has no room any more: they had it when they acted.
pub(super) fn undo(it: &mut Decision, by: &Person, seq: i64) -> Result<(), Refusal> {
    let recorded = it.snapshot.acts.first().filter(|first| first.seq == seq).cloned().ok_or(Refusal::NothingToUndo)?;
    let (act, _, before) = recorded.act().filter(|(_, actor, _)| *actor == by.user).ok_or(Refusal::NothingToUndo)?;
    may_undo(by, act)?;
    is_the_latest(it, by, act)?;
    if it.now.duration_since(recorded.at) > UNDO_WITHIN {
        return Err(Refusal::TooLateToUndo);
    }
    can_be_as_before(it, seq, before)?;
    let session = before.session.clone();
    it.emit(Event::ActUndone { by: by.actor(), act, before: Box::new(ControlBefore { session: None, ..before.clone() }) });
    session.map_or(Ok(()), |session| flow_goes_on(it, session))
}

/// Whoever may do such a thing; and a supervisor, who hands on what others hold without holding anything themselves.
fn may_undo(by: &Person, act: Act) -> Result<(), Refusal> {
    let allowed = allow(by, act.permission());
    if act == Act::Transferred { allowed.or_else(|_| allow(by, Permission::Supervise)) } else { allowed }
}

/// The flow stands where it stood: with what was being said, and not with a question that did not arrive.
fn flow_goes_on(it: &mut Decision, session: FlowSession) -> Result<(), Refusal> {
    let (gives_up_at, turn_ends_at) = (session.gives_up_at, session.turn.as_ref().map(|turn| turn.ends_at));
    let question = session.asked.last().copied();
    it.emit(Event::FlowAdvanced { session: Some(session) });
    gives_up_at.into_iter().for_each(|due_at| it.emit(Event::TimerSet { timer: Timer::FlowWait, due_at }));
    turn_ends_at.into_iter().for_each(|due_at| it.emit(Event::TimerSet { timer: Timer::FlowTurn, due_at }));
    question.map_or(Ok(()), |question| letting_go::after(it, question, None, None))
}

/// The latest act of a person in a piece of the journal, while they can still take it back.
#[must_use]
pub fn undoable(journal: &[Recorded], by: UserId, now: Timestamp) -> Option<(&Recorded, Act)> {
    let told: Vec<&Recorded> = journal.iter().filter(|recorded| Event::OF_CONTROL.contains(&recorded.event.kind())).collect();
    let is_own = |recorded: &&Recorded| recorded.act().filter(|(_, actor, _)| *actor == by).map(|(act, ..)| act);
    let (place, act) = told.iter().enumerate().rev().find_map(|(place, recorded)| Some((place, is_own(recorded)?)))?;
    let recorded = told[place];
    (told.len() - place == act.events() && now.duration_since(recorded.at) <= UNDO_WITHIN).then_some((recorded, act))
}

/// Nobody and nothing else changed since who controls the conversation.
fn is_the_latest(it: &Decision, by: &Person, act: Act) -> Result<(), Refusal> {
    let since = it.snapshot.acts.get(act.events()..).unwrap_or_default();
    match since {
        [] => Ok(()),
        [Recorded { event: Event::ActUndone { by: Actor::Agent { user, .. }, .. }, .. }] if *user == by.user => Err(Refusal::Duplicate),
        _ => Err(overtaken(it, by)),
    }
}

fn overtaken(it: &Decision, by: &Person) -> Refusal {
    let holder = it.snapshot.conversation.as_ref().and_then(|conversation| conversation.controller.agent());
    let name = holder.filter(|holder| *holder != by.user).and_then(|holder| it.snapshot.workplace.people.get(&holder).cloned());
    Refusal::Overtaken { name }
}

/// Whether what was before still fits what was said since, and whom there is.
fn can_be_as_before(it: &Decision, seq: i64, before: &ControlBefore) -> Result<(), Refusal> {
    let conversation = it.conversation()?;
    let was_spoken_since = conversation.last_message.as_ref().is_some_and(|last| last.seq > seq);
    // Whoever spoke would be in nobody's list, be talked over by the flow, or be left with a bot that was not told.
    let is_program = matches!(before.controller, Controller::Flow | Controller::Bot { .. });
    if was_spoken_since && (before.state == State::Resolved || is_program) {
        return Err(Refusal::Overtaken { name: None });
    }
    if before.state != State::Resolved && it.snapshot.another_under_way {
        return Err(Refusal::AnotherUnderWay);
    }
    match before.controller {
        Controller::Agent { user } if !it.snapshot.agents.contains_key(&user) => Err(Refusal::UnknownPerson),
        Controller::Queue if before.queue.is_none_or(|queue| it.snapshot.workplace.queue(queue).is_none()) => Err(Refusal::UnknownQueue),
        Controller::Agent { .. } | Controller::Queue | Controller::Flow | Controller::Bot { .. } | Controller::Nobody => Ok(()),
    }
}

impl Act {
    fn permission(self) -> Permission {
        match self {
            Act::Resolved => Permission::Resolve,
            Act::Transferred => Permission::Transfer,
            Act::Taken | Act::Reopened => Permission::Take,
        }
    }

    /// How many events of control it is told by.
    fn events(self) -> usize {
        match self {
            Act::Resolved | Act::Taken | Act::Reopened => 1,
            Act::Transferred => 2,
        }
    }
}
