//! After a command: clocks start, stand still, are met or are late, and their timers ring.

use jiff::Timestamp;

use super::clocks::Clocks;
use super::due::Counted;
use crate::domain::decision::Decision;
use crate::domain::event::{Actor, Event};
use crate::domain::flows::promise;
use crate::domain::message::Author;
use crate::domain::overdue;
use crate::domain::refusal::Refusal;
use crate::domain::timer::Timer;

/// What is set up may count otherwise than before. `step` is the one that whoever owes an answer there waits for already.
pub(in crate::domain) fn recount(it: &mut Decision, step: Option<overdue::Step>) -> Result<(), Refusal> {
    it.conversation()?;
    overdue::recount(it, step);
    Ok(())
}

/// Reckons clocks anew. A timer that rang too early rings again.
pub(in crate::domain) fn follow(it: &mut Decision, rung: Option<Timer>) {
    let workplace = it.snapshot.workplace.clone();
    let Some(conversation) = &it.snapshot.conversation else { return };
    let before = conversation.clocks.clone();
    if workplace.sla.is_empty() && before.is_none() {
        return;
    }
    let queue = conversation.queue.and_then(|queue| workplace.queue(queue));
    let counted = queue.and_then(|queue| Some(Counted { policy: workplace.sla.get(&queue.id)?, hours: &queue.hours }));
    let promised = queue.filter(|_| was_promised(it.emitted())).and_then(|queue| promise::promised(queue, it.now));
    let is_measured = !workplace.sla.is_empty();
    let reckon = || Clocks::reckon(before.as_ref(), conversation, counted, promised, it.now);
    let mut after = if is_measured { reckon() } else { None };
    let told = after.as_mut().map(|clocks| clocks.tell(it.now)).unwrap_or_default();
    let timers = [
        (Timer::SlaWarning, before.as_ref().and_then(Clocks::next_soon), after.as_ref().and_then(Clocks::next_soon)),
        (Timer::SlaBreach, before.as_ref().and_then(Clocks::next_late), after.as_ref().and_then(Clocks::next_late)),
    ];
    for (clock, due_at, is_late) in told {
        it.emit(if is_late { Event::SlaBreached { clock, due_at } } else { Event::SlaDueSoon { clock, due_at } });
    }
    if after != before {
        it.emit(Event::ClocksSet { clocks: after.map(Box::new) });
    }
    for (timer, was, is) in timers {
        set(it, timer, was, is, rung == Some(timer));
    }
}

fn set(it: &mut Decision, timer: Timer, was: Option<Timestamp>, is: Option<Timestamp>, has_rung: bool) {
    match (was, is) {
        (_, Some(due_at)) if was != is || has_rung => it.emit(Event::TimerSet { timer, due_at }),
        (Some(_), None) if !has_rung => it.emit(Event::TimerCancelled { timer }),
        _ => {}
    }
}

/// Whether a customer has just been told when they will hear from people: a flow said so, or welcomed them back.
fn was_promised(events: &[Event]) -> bool {
    let hands_over = |event: &Event| matches!(event, Event::HandedOff { by: Actor::Flow, brief } if brief.promised.is_some());
    let comes_back = |event: &Event| matches!(event, Event::ConversationReopened { by: Actor::Customer });
    let says = |event: &Event| matches!(event, Event::MessageQueued { message } if message.author == Author::Flow);
    events.iter().any(hands_over) || (events.iter().any(comes_back) && events.iter().any(says))
}
