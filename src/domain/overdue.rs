//! A customer who is not answered: whoever holds the conversation is nudged, then everybody is told, then it goes to somebody else.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::assigning::own_queue;
use super::conversation::{Conversation, State};
use super::decision::Decision;
use super::event::{Event, QueuedBecause};
use super::ids::UserId;
use super::receiving::queue;
use super::refusal::Refusal;
use super::timer::Timer;

/// What happens, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Whoever holds it is told.
    Nudge,
    /// Everybody who sees it is told.
    Alarm,
    /// It goes back to its queue.
    Return,
}

/// Within how many minutes a customer is answered by whoever holds their conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerWithin {
    pub minutes: i32,
}

impl AnswerWithin {
    pub const LEAST: i32 = 2;
    pub const MOST: i32 = 24 * 60;

    fn quarters(self, count: i64) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.minutes) * 15 * count)
    }

    /// When a step is due for whoever owes an answer since then: at half of the time, at three quarters, and at its end.
    #[must_use]
    pub fn due_at(self, step: Step, since: Timestamp) -> Timestamp {
        let quarters = match step {
            Step::Nudge => 2,
            Step::Alarm => 3,
            Step::Return => 4,
        };
        since.saturating_add(self.quarters(quarters)).unwrap_or(Timestamp::MAX)
    }

    /// The last step that is due for a conversation.
    #[must_use]
    pub fn reached(self, conversation: &Conversation, now: Timestamp) -> Option<Step> {
        let (_, since) = owed(conversation)?;
        [Step::Alarm, Step::Nudge].into_iter().find(|step| self.due_at(*step, since) <= now)
    }
}

/// Who owes the customer an answer, and since when: since the customer waits, or since they hold it if that is later. An answer that has
/// not left yet, as its number is paused, is owed by nobody here any more; one that does not arrive is owed again.
#[must_use]
pub fn owed(conversation: &Conversation) -> Option<(UserId, Timestamp)> {
    if conversation.last_message.as_ref().is_some_and(|last| last.agent.is_some() && last.is_queued) {
        return None;
    }
    let user = conversation.controller.agent().filter(|_| conversation.state != State::Resolved)?;
    let since = conversation.waiting_since?;
    Some((user, conversation.assigned_at.map_or(since, |assigned_at| since.max(assigned_at))))
}

/// After a command: whoever has come to owe an answer has time until the first step, and whoever owes none any more is left alone. What
/// WhatsApp took is recorded past this; what rings then finds that nobody waits.
pub(super) fn follow(it: &mut Decision, before: Option<(UserId, Timestamp)>) {
    let Some(answer) = it.snapshot.workplace.answer else { return };
    let now = it.snapshot.conversation.as_ref().and_then(owed);
    match now {
        _ if now == before => {}
        Some((_, since)) => {
            it.emit(Event::TimerSet { timer: Timer::Overdue { step: Step::Nudge }, due_at: answer.due_at(Step::Nudge, since) });
        }
        None => it.emit(Event::TimerCancelled { timer: Timer::Overdue { step: Step::Nudge } }),
    }
}

/// What is set up is another: whoever owes an answer already is told by it from now on. `step` is the one that they wait for, if any, with
/// when it is due; where that is as it was, whatever happened meanwhile stands.
pub(super) fn recount(it: &mut Decision, step: Option<(Step, Timestamp)>) {
    let owed = it.snapshot.conversation.as_ref().and_then(owed);
    match (it.snapshot.workplace.answer, owed) {
        (Some(answer), Some((_, since))) => {
            let (next, waits_until) = step.map_or((Step::Nudge, None), |(step, due_at)| (step, Some(due_at)));
            let due_at = answer.due_at(next, since);
            if waits_until != Some(due_at) {
                it.emit(Event::TimerSet { timer: Timer::Overdue { step: next }, due_at });
            }
        }
        _ if step.is_some() => it.emit(Event::TimerCancelled { timer: Timer::Overdue { step: Step::Nudge } }),
        _ => {}
    }
}

/// A step is due.
pub(super) fn due(it: &mut Decision, step: Step) -> Result<(), Refusal> {
    let answer = it.snapshot.workplace.answer.ok_or(Refusal::Duplicate)?;
    let conversation = it.conversation()?;
    let (user, since) = owed(conversation).ok_or(Refusal::Duplicate)?;
    let due_at = answer.due_at(step, since);
    if it.now < due_at {
        it.emit(Event::TimerSet { timer: Timer::Overdue { step }, due_at });
        return Ok(());
    }
    let minutes = conversation.waiting_since.map_or(0, |since| it.now.duration_since(since).as_mins());
    let name = it.snapshot.workplace.people.get(&user).cloned().unwrap_or_default();
    let next = match step {
        Step::Nudge => Step::Alarm,
        Step::Alarm => Step::Return,
        Step::Return => {
            // Whoever signed off and keeps it is not back yet, and said so.
            let signed_off = it.snapshot.agents.get(&user).and_then(|agent| agent.signed_off);
            if let Some(until) = signed_off.and_then(|it| it.keeps(conversation.assigned_at)).filter(|until| it.now < *until) {
                it.emit(Event::TimerSet { timer: Timer::Overdue { step }, due_at: until });
                return Ok(());
            }
            let target = own_queue(it)?.id;
            return queue(it, target, QueuedBecause::Unanswered { user, name, minutes });
        }
    };
    it.emit(Event::AnswerOverdue { step, agent: user, name, minutes });
    // What rings late leaves as much time for the next step as it would have.
    let late = it.now.saturating_add(answer.quarters(1)).unwrap_or(Timestamp::MAX);
    it.emit(Event::TimerSet { timer: Timer::Overdue { step: next }, due_at: answer.due_at(next, since).max(late) });
    Ok(())
}
