//! After a command: clocks start, stand still, are met or are late, and their timers ring.

use jiff::Timestamp;

use super::clocks::Clocks;
use super::due::Counted;
use crate::domain::conversation::Conversation;
use crate::domain::decision::Decision;
use crate::domain::event::{Actor, Event};
use crate::domain::flows::promise;
use crate::domain::ids::ConversationId;
use crate::domain::message::Author;
use crate::domain::timer::Timer;
use crate::domain::workplace::Workplace;

/// Before anything is decided: what was recorded past the rules, as an answer that left is, is reckoned while it can still be seen. Answers
/// the clocks as they are kept, with whose they are.
pub(in crate::domain) fn catch_up(it: &mut Decision) -> Option<(ConversationId, Clocks)> {
    let workplace = it.snapshot.workplace.clone();
    let conversation = it.snapshot.conversation.as_mut()?;
    let kept = conversation.clocks.clone()?;
    conversation.clocks = Clocks::reckon(Some(&kept), conversation, counted(&workplace, conversation), None, it.now);
    Some((conversation.id, kept))
}

/// Reckons clocks anew, which were kept as `kept` says. A timer that rang too early rings again.
pub(in crate::domain) fn follow(it: &mut Decision, rung: Option<Timer>, kept: Option<(ConversationId, Clocks)>) {
    let workplace = it.snapshot.workplace.clone();
    let Some(conversation) = &it.snapshot.conversation else { return };
    let before = kept.filter(|(whose, _)| *whose == conversation.id).map(|(_, clocks)| clocks);
    if workplace.sla.is_empty() && before.is_none() {
        return;
    }
    let queue = conversation.queue.and_then(|queue| workplace.queue(queue));
    let promised = queue.filter(|_| was_promised(it.emitted())).and_then(|queue| promise::promised(queue, it.now));
    let counted = counted(&workplace, conversation);
    let mut after = Clocks::reckon(conversation.clocks.as_ref(), conversation, counted, promised, it.now);
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

fn counted<'a>(workplace: &'a Workplace, conversation: &Conversation) -> Option<Counted<'a>> {
    let queue = workplace.queue(conversation.queue?)?;
    Some(Counted { policy: workplace.sla.get(&queue.id)?, hours: &queue.hours })
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
