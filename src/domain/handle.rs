//! The heart: what a command changes.

use jiff::Timestamp;

use super::access::Access;
use super::command::Command;
use super::conversation::Listing;
use super::decision::Decision;
use super::event::{Event, Recorded};
use super::ids::UserId;
use super::message::Author;
use super::refusal::Refusal;
use super::snapshot::Snapshot;
use super::timer::Timer;
use super::undoing::UNDO_WITHIN;
use super::{
    announcing, answering, assigning, bots, checking, delivering, lease, overdue, overflow, receiving, reporting, signing_off, sla,
    undoing, waiting, whose,
};

/// Decides what a command changes. The only way anything changes.
///
/// # Errors
/// A [`Refusal`] when the rules do not allow it; then nothing changes.
pub fn handle(snapshot: &Snapshot, command: Command, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    is_seen(snapshot, &command, now)?;
    let mut decision = Decision::new(snapshot, now);
    let owed = snapshot.conversation.as_ref().and_then(overdue::owed);
    let waits = waiting::pending(snapshot, now);
    let rung = if let Command::TimerDue { timer } = command { Some(timer) } else { None };
    let kept = sla::catch_up(&mut decision);
    let only_reckons = matches!(command, Command::Recount { .. }) || matches!(rung, Some(Timer::SlaWarning | Timer::SlaBreach));
    decide(&mut decision, command)?;
    overdue::follow(&mut decision, owed);
    waiting::follow(&mut decision, waits);
    sla::follow(&mut decision, rung, kept);
    match decision.events() {
        events if events.is_empty() && only_reckons => Err(Refusal::Duplicate),
        events => Ok(events),
    }
}

/// Nobody acts on what they do not see. A form that came twice is answered as such, wherever the first one has sent the conversation; and
/// whoever takes back what they did has seen what they did it to.
fn is_seen(snapshot: &Snapshot, command: &Command, now: Timestamp) -> Result<(), Refusal> {
    let (Some(person), Some(conversation)) = (command.viewer(), &snapshot.conversation) else { return Ok(()) };
    let did_it = snapshot.acts.first().is_some_and(|first| did_just_now(first, command, person.user, now));
    let came_twice =
        snapshot.used.is_some_and(|used| used.by == (Author::Agent { user: person.user }) && used.conversation == conversation.id);
    let access = Access { user: person.user, visibility: person.rights.visibility, queues: snapshot.queues_of_viewer.clone() };
    if did_it || came_twice || access.admits(&Listing::of(conversation)) { Ok(()) } else { Err(Refusal::OutOfSight) }
}

/// Whether it is this act of theirs that they take back, while they can.
fn did_just_now(first: &Recorded, command: &Command, user: UserId, now: Timestamp) -> bool {
    let is_it = matches!(command, Command::Undo { seq, .. } if first.seq == *seq);
    is_it && now.duration_since(first.at) <= UNDO_WITHIN && first.act().is_some_and(|(_, actor, _)| actor == user)
}

/// What is set up may count otherwise than before; clocks are reckoned after every command anyway.
fn recount(it: &mut Decision, overdue: Option<(overdue::Step, Timestamp)>, waiting: Option<Timestamp>) -> Result<(), Refusal> {
    it.conversation()?;
    overdue::recount(it, overdue);
    waiting::recount(it, waiting);
    Ok(())
}

fn decide(it: &mut Decision, command: Command) -> Result<(), Refusal> {
    match command {
        Command::Receive { message, received_at } => receiving::receive(it, message, received_at),
        Command::RecordStatus(report) => reporting::record_status(it, report),
        Command::RecordDelivery { message, claim, attempts, outcome } => delivering::record_delivery(it, message, claim, attempts, outcome),
        Command::RecordLapse { message, claim } => delivering::record_lapse(it, message, claim),
        Command::RecordMedia { message, media, state, size } => reporting::record_media(it, message, media, state, size),
        Command::Reply { by, message, content, reply_to, seen } => answering::reply(it, &by, message, content, reply_to, seen),
        Command::AddNote { by, note, body } => answering::add_note(it, &by, note, body),
        Command::Settle { by, message, choice } => answering::settle(it, &by, message, choice),
        Command::StartBot { bot } => bots::start(it, bot),
        Command::BotReply { bot, message, content, reply_to, seen } => bots::reply(it, bot, message, content, reply_to, seen),
        Command::BotHandOff { bot, brief } => bots::hand_off(it, bot, *brief),
        Command::SetPriority { by, to } => assigning::set_priority(it, &by, to),
        Command::Take { by } => assigning::take(it, &by),
        Command::Transfer { by, to, note } => assigning::transfer(it, &by, to, note),
        Command::Resolve { by } => assigning::resolve(it, &by),
        Command::Reopen { by } => assigning::reopen(it, &by),
        Command::MoveOn { to } => whose::move_on(it, to),
        Command::Part { by, other } => whose::part(it, &by, other),
        Command::Undo { by, seq } => undoing::undo(it, &by, seq),
        Command::Assign { to, reason, queue, queued_at, needs } => assigning::give(it, to, reason, (queue, queued_at, needs)),
        Command::BulkTransfer { by, from, to } => assigning::bulk_transfer(it, &by, from, to),
        Command::SignOff { by, choice } => signing_off::sign_off(it, &by, choice),
        Command::Spill { queue, queued_at, why } => overflow::spill(it, (queue, queued_at), why),
        Command::Announce { queue, queued_at, standing } => announcing::announce(it, (queue, queued_at), standing),
        Command::EndLease { of } => lease::end(it, of),
        Command::ReturnToQueue { from } => assigning::return_to_queue(it, from),
        Command::MoveQueue { from, to } => assigning::move_queue(it, from, to),
        Command::HandOver { from, to } => assigning::hand_over(it, from, to),
        Command::Recount { overdue, waiting } => recount(it, overdue, waiting),
        Command::Check { there, seen } => checking::check(it, there, seen),
        Command::TimerDue { timer } => reporting::timer_due(it, timer),
        Command::AsSeen { holder, by, command } => {
            assigning::is_as_seen(it, holder, by)?;
            decide(it, *command)
        }
    }
}
