//! What must always be so of an open conversation: whatever is to become of it has a timer. Where one is missing it is set, and counted: it is
//! a fault of ours, and nobody else would ever notice.

use super::decision::Decision;
use super::event::Event;
use super::overdue::{self, Step};
use super::refusal::Refusal;
use super::sla::Clocks;
use super::timer::Timer;
use super::waiting;

/// Of which kinds a conversation has a timer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimersThere {
    pub overdue: bool,
    pub waiting: bool,
    pub sla_warning: bool,
    pub sla_breach: bool,
}

/// Sets what is missing. `seen` is the last line of the journal that these timers were seen with: what has happened since is left to the next
/// look.
pub(super) fn check(it: &mut Decision, there: TimersThere, seen: i64) -> Result<(), Refusal> {
    let conversation = it.conversation()?;
    if conversation.last_seq != seen {
        return Err(Refusal::Overtaken { name: None });
    }
    let owed = it.snapshot.workplace.answer.zip(overdue::owed(conversation));
    let nudge = owed.filter(|_| !there.overdue).map(|(answer, (_, since))| Event::TimerSet {
        timer: Timer::Overdue { step: Step::Nudge },
        due_at: answer.due_at(Step::Nudge, since),
    });
    let clocks = conversation.clocks.as_ref();
    let soon = clocks.filter(|_| !there.sla_warning).and_then(Clocks::next_soon);
    let late = clocks.filter(|_| !there.sla_breach).and_then(Clocks::next_late);
    let warning = soon.map(|due_at| Event::TimerSet { timer: Timer::SlaWarning, due_at });
    let breach = late.map(|due_at| Event::TimerSet { timer: Timer::SlaBreach, due_at });
    [nudge, warning, breach].into_iter().flatten().for_each(|event| it.emit(event));
    if !there.waiting {
        waiting::recount(it, None);
    }
    if it.emitted().is_empty() { Err(Refusal::Duplicate) } else { Ok(()) }
}
