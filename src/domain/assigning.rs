//! People take, hand on, resolve and reopen conversations.

use jiff::Timestamp;

use super::access::Permission;
use super::answering::{allow, held_by};
use super::command::{BulkTarget, Person, TransferTarget};
use super::conversation::{ControlBefore, Controller, Holder, State};
use super::decision::Decision;
use super::event::{Actor, Destination, Event, QueuedBecause};
use super::ids::{QueueId, UserId};
use super::queue::Queue;
use super::receiving::queue;
use super::refusal::Refusal;
use super::routing::{AssignmentReason, Priority, Rule};
use super::timer::Timer;

pub(super) fn take(it: &mut Decision, by: &Person) -> Result<(), Refusal> {
    allow(by, Permission::Take)?;
    let conversation = it.conversation()?;
    if conversation.state == State::Resolved {
        return Err(Refusal::Resolved);
    }
    match conversation.controller {
        Controller::Agent { user } if user == by.user => {
            return Err(Refusal::Already { since: conversation.assigned_at.unwrap_or(it.now) });
        }
        Controller::Agent { user } if !by.rights.may(Permission::TakeOver) => return Err(held_by(it, user)),
        Controller::Agent { .. } | Controller::Flow | Controller::Bot { .. } | Controller::Queue | Controller::Nobody => {}
    }
    let before = control(it)?;
    stop_flow(it);
    assign_for(it, by, by.user, Rule::Taken, Some(before))
}

/// Whoever may hand conversations on says how urgent one is, a colleague's too; who waits in a queue finds their place anew by it.
pub(super) fn set_priority(it: &mut Decision, by: &Person, to: Priority) -> Result<(), Refusal> {
    allow(by, Permission::Transfer)?;
    let conversation = it.conversation()?;
    if conversation.state == State::Resolved {
        return Err(Refusal::Resolved);
    }
    let from = conversation.priority;
    if from != to {
        it.emit(Event::PriorityChanged { by: by.actor(), from, to });
    }
    Ok(())
}

/// Routing chose somebody for a conversation that waited at a place in a queue. Whoever was quicker to move it is not bothered.
pub(super) fn give(
    it: &mut Decision,
    to: UserId,
    reason: AssignmentReason,
    seen: (QueueId, Option<Timestamp>, i64),
) -> Result<(), Refusal> {
    let conversation = it.conversation()?;
    let (queue, ..) = seen;
    let is_there = conversation.state != State::Resolved && conversation.holder() == Holder::Queue(queue);
    if !is_there || (queue, conversation.queued_at, conversation.needs()) != seen {
        let name = conversation.controller.agent().and_then(|user| it.snapshot.workplace.people.get(&user).cloned());
        return Err(Refusal::Overtaken { name });
    }
    let is_held_back = it.snapshot.workplace.rests.get(&queue).is_some_and(|rest| rest.holds_back(it.now));
    if is_held_back || it.snapshot.agents.get(&to).is_some_and(|agent| !agent.takes_work()) {
        return Err(Refusal::Overtaken { name: None });
    }
    assign(it, to, reason, None)
}

pub(super) fn transfer(it: &mut Decision, by: &Person, to: TransferTarget, note: Option<String>) -> Result<(), Refusal> {
    allow(by, Permission::Transfer)?;
    let conversation = it.conversation()?;
    if conversation.state == State::Resolved {
        return Err(Refusal::Resolved);
    }
    match conversation.controller {
        Controller::Agent { user } if user != by.user && !by.rights.may(Permission::TransferAny) => return Err(held_by(it, user)),
        Controller::Agent { .. } | Controller::Flow | Controller::Bot { .. } | Controller::Queue | Controller::Nobody => {}
    }
    let before = Some(control(it)?);
    stop_flow(it);
    let note = note.filter(|note| !note.trim().is_empty());
    match to {
        TransferTarget::Agent(user) => {
            let name = answering_colleague(it, user)?;
            let conversation = it.conversation()?;
            if conversation.controller == (Controller::Agent { user }) {
                return Err(Refusal::Already { since: conversation.assigned_at.unwrap_or(it.now) });
            }
            it.emit(Event::ConversationTransferred { by: by.actor(), to: Destination::Agent { user, name }, note, before });
            assign_for(it, by, user, Rule::GivenBy { user: by.user, name: by.name.clone() }, None)
        }
        TransferTarget::Queue(target) => {
            let name = it.snapshot.workplace.queue(target).ok_or(Refusal::UnknownQueue)?.name.clone();
            let conversation = it.conversation()?;
            if conversation.controller == Controller::Queue && conversation.queue == Some(target) {
                return Err(Refusal::Already { since: conversation.queued_at.unwrap_or(it.now) });
            }
            it.emit(Event::ConversationTransferred { by: by.actor(), to: Destination::Queue { queue: target, name }, note, before });
            queue(it, target, QueuedBecause::Transferred)
        }
    }
}

/// A supervisor moves it with others. Whatever went elsewhere meanwhile stays there.
pub(super) fn bulk_transfer(it: &mut Decision, by: &Person, from: Holder, to: BulkTarget) -> Result<(), Refusal> {
    allow(by, Permission::Supervise)?;
    let conversation = it.conversation()?;
    if conversation.state == State::Resolved || conversation.holder() != from {
        let name = conversation.controller.agent().and_then(|user| it.snapshot.workplace.people.get(&user).cloned());
        return Err(Refusal::Overtaken { name });
    }
    match to {
        BulkTarget::Queue(queue) => put_into(it, by, queue, QueuedBecause::Moved),
        BulkTarget::OwnQueue => {
            let own = own_queue(it)?.id;
            put_into(it, by, own, QueuedBecause::Returned)
        }
        BulkTarget::Agent(user) => hand_to(it, by, user, Rule::GivenBy { user: by.user, name: by.name.clone() }),
    }
}

/// One of many is a colleague's from now on, who may answer it and has room.
pub(super) fn hand_to(it: &mut Decision, by: &Person, user: UserId, rule: Rule) -> Result<(), Refusal> {
    let name = answering_colleague(it, user)?;
    let before = Some(control(it)?);
    it.emit(Event::ConversationTransferred { by: by.actor(), to: Destination::Agent { user, name }, note: None, before });
    assign_for(it, by, user, rule, None)
}

/// One of many waits in a queue from now on.
pub(super) fn put_into(it: &mut Decision, by: &Person, target: QueueId, because: QueuedBecause) -> Result<(), Refusal> {
    let target = it.snapshot.workplace.queue(target).ok_or(Refusal::UnknownQueue)?;
    let (target, name) = (target.id, target.name.clone());
    let before = Some(control(it)?);
    it.emit(Event::ConversationTransferred { by: by.actor(), to: Destination::Queue { queue: target, name }, note: None, before });
    queue(it, target, because)
}

/// The name of whom something is handed to, if they may answer customers.
fn answering_colleague(it: &Decision, user: UserId) -> Result<String, Refusal> {
    let agent = it.snapshot.agents.get(&user).ok_or(Refusal::UnknownPerson)?;
    agent.may_be_handed_to()?;
    Ok(agent.name.clone())
}

/// Where it was taken from, or else where the inbox sends everything.
pub(super) fn own_queue(it: &Decision) -> Result<&Queue, Refusal> {
    let known = it.conversation()?.queue.and_then(|queue| it.snapshot.workplace.queue(queue));
    known.or_else(|| it.snapshot.workplace.queue(it.snapshot.inbox.default_queue)).ok_or(Refusal::UnknownQueue)
}

/// The queue it waits in is gone. Whoever was quicker to move it is not bothered.
pub(super) fn move_queue(it: &mut Decision, from: QueueId, to: QueueId) -> Result<(), Refusal> {
    let conversation = it.conversation()?;
    let is_there_again = it.snapshot.workplace.queues.iter().any(|queue| queue.id == from);
    if is_there_again || conversation.state == State::Resolved || conversation.holder() != Holder::Queue(from) {
        return Err(Refusal::Overtaken { name: None });
    }
    queue(it, to, QueuedBecause::QueueRemoved)
}

/// Who holds it has left: it waits where it was taken from, or else where the inbox sends everything.
pub(super) fn return_to_queue(it: &mut Decision, from: UserId) -> Result<(), Refusal> {
    let conversation = it.conversation()?;
    if conversation.controller != (Controller::Agent { user: from }) {
        return Err(Refusal::NotTaken);
    }
    let target = own_queue(it)?;
    let (target, name) = (target.id, target.name.clone());
    it.emit(Event::ConversationTransferred { by: Actor::System, to: Destination::Queue { queue: target, name }, note: None, before: None });
    queue(it, target, QueuedBecause::Transferred)
}

/// Who holds it has left: it goes to whom an administrator chose, who is asked for no room.
pub(super) fn hand_over(it: &mut Decision, from: UserId, to: UserId) -> Result<(), Refusal> {
    if it.conversation()?.controller != (Controller::Agent { user: from }) {
        return Err(Refusal::NotTaken);
    }
    let name = it.snapshot.agents.get(&to).ok_or(Refusal::UnknownPerson)?.name.clone();
    let left = it.snapshot.workplace.people.get(&from).cloned().unwrap_or_default();
    let destination = Destination::Agent { user: to, name: name.clone() };
    it.emit(Event::ConversationTransferred { by: Actor::System, to: destination, note: None, before: None });
    let reason = AssignmentReason::plain(Rule::Inherited { user: from, name: left });
    it.emit(Event::ConversationAssigned { agent: to, name, reason, before: None, queue: None });
    Ok(())
}

pub(super) fn resolve(it: &mut Decision, by: &Person) -> Result<(), Refusal> {
    allow(by, Permission::Resolve)?;
    let conversation = it.conversation()?;
    if conversation.state == State::Resolved {
        return Err(Refusal::Resolved);
    }
    match conversation.controller {
        Controller::Agent { user } if user != by.user && !by.rights.may(Permission::TakeOver) => return Err(held_by(it, user)),
        Controller::Agent { .. } | Controller::Flow | Controller::Bot { .. } | Controller::Queue | Controller::Nobody => {}
    }
    let before = Some(control(it)?);
    stop_flow(it);
    it.emit(Event::ConversationResolved { by: by.actor(), before });
    Ok(())
}

/// A person opens it again and holds it.
pub(super) fn reopen(it: &mut Decision, by: &Person) -> Result<(), Refusal> {
    allow(by, Permission::Take)?;
    if it.conversation()?.state != State::Resolved {
        return Err(Refusal::NotResolved);
    }
    if it.snapshot.another_under_way {
        return Err(Refusal::AnotherUnderWay);
    }
    let before = control(it)?;
    it.emit(Event::ConversationReopened { by: by.actor() });
    assign_for(it, by, by.user, Rule::Taken, Some(before))
}

/// Whether the conversation is where somebody saw it. Who got it in the meantime is not bothered; who was not quick enough is told
/// where it is now.
pub(super) fn is_as_seen(it: &Decision, seen: Holder, by: UserId) -> Result<(), Refusal> {
    let now = it.conversation()?.holder();
    match now {
        _ if now == seen => Ok(()),
        Holder::Agent(user) if user == by => Ok(()),
        Holder::Agent(user) => {
            let name = it.snapshot.workplace.people.get(&user).cloned().unwrap_or_default();
            Err(Refusal::GivenMeanwhile { name })
        }
        Holder::Queue(queue) => {
            let name = it.snapshot.workplace.queue(queue).map(|queue| queue.name.clone()).unwrap_or_default();
            Err(Refusal::QueuedMeanwhile { queue: name })
        }
        // What is resolved, or is with a flow or a bot by now, is refused or not by the rule of the command itself.
        Holder::Flow | Holder::Bot(_) | Holder::Nobody => Ok(()),
    }
}

/// Whoever takes over ends the flow: it never speaks again in this conversation's turn. Also one whose session is gone or not
/// understood: what is left of it ends with it.
pub(super) fn stop_flow(it: &mut Decision) {
    let is_held = it.snapshot.conversation.as_ref().is_some_and(|conversation| conversation.controller == Controller::Flow);
    if it.snapshot.session.is_some() || is_held {
        let has_turn = it.snapshot.session.as_ref().is_none_or(|session| session.turn.is_some());
        it.emit(Event::FlowAdvanced { session: None });
        it.emit(Event::TimerCancelled { timer: Timer::FlowWait });
        if has_turn {
            it.emit(Event::TimerCancelled { timer: Timer::FlowTurn });
        }
    }
}

/// Who controls it now, for whoever takes the act back that follows.
fn control(it: &Decision) -> Result<Box<ControlBefore>, Refusal> {
    Ok(Box::new(ControlBefore::of(it.conversation()?, it.snapshot.session.as_ref())))
}

/// As a person asked for, who is told of their own room in other words.
fn assign_for(it: &mut Decision, by: &Person, user: UserId, rule: Rule, before: Option<Box<ControlBefore>>) -> Result<(), Refusal> {
    assign(it, user, AssignmentReason::plain(rule), before).map_err(|refusal| match refusal {
        Refusal::NoRoom { load, capacity, .. } if user == by.user => Refusal::YouHaveNoRoom { load, capacity },
        other => other,
    })
}

fn assign(it: &mut Decision, user: UserId, reason: AssignmentReason, before: Option<Box<ControlBefore>>) -> Result<(), Refusal> {
    let agent = it.snapshot.agents.get(&user).ok_or(Refusal::UnknownPerson)?;
    let (name, load, capacity) = (agent.name.clone(), agent.load, agent.capacity);
    if !agent.has_room() {
        return Err(Refusal::NoRoom { name, load, capacity });
    }
    // What is taken out of a flow has been in no queue: it is measured, listed and given back as the queue's that it would have gone to.
    let queue = if it.conversation()?.queue.is_none() { own_queue(it).ok().map(|queue| queue.id) } else { None };
    it.emit(Event::ConversationAssigned { agent: user, name, reason, before, queue });
    Ok(())
}
