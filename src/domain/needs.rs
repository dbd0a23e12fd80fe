//! What a command is decided from, beside its contact and conversation: said before anything is loaded, so that all of it can be asked
//! for at once.

use super::command::{BulkTarget, Command, TransferTarget};
use super::conversation::Holder;
use super::delivery::Outcome;
use super::ids::{ContactId, MessageId, NoteId, UserId};
use super::signing_off::SigningOff;
use super::timer::Timer;

/// What to load for a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// The messages it speaks of.
    pub messages: Vec<MessageId>,
    /// Agents whose load it may change.
    pub agents: Vec<UserId>,
    /// It may change the load of whoever holds the conversation, too.
    pub holder: bool,
    /// What the journal says of who controlled the conversation, from this sequence on.
    pub acts_from: Option<i64>,
    /// An id that was made outside: it may be used already.
    pub made: Option<Made>,
    /// The queues of this person's teams: what they see depends on it.
    pub queues_of: Option<UserId>,
    /// Whether the conversation's contact took something over from this one.
    pub joined: Option<ContactId>,
    /// The messages that its flow sent last: whether they arrive decides whether the flow goes on.
    pub asked: bool,
}

/// What a browser or a bot made an id for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    Message(MessageId),
    Note(NoteId),
}

impl Command {
    #[must_use]
    pub fn needs(&self) -> Needs {
        let viewer = self.viewer().filter(|person| person.rights.visibility.is_by_team());
        Needs { queues_of: viewer.map(|person| person.user), asked: !self.is_taken(), ..self.own_needs() }
    }

    /// Whether all it says is that a message was taken, over which no flow stops or goes on.
    fn is_taken(&self) -> bool {
        matches!(self, Command::RecordDelivery { outcome: Outcome::Accepted { .. }, .. })
    }

    fn own_needs(&self) -> Needs {
        let none = Needs::default();
        match self {
            Command::RecordDelivery { message, .. }
            | Command::RecordLapse { message, .. }
            | Command::Settle { message, .. }
            | Command::RecordMedia { message, .. }
            | Command::TimerDue { timer: Timer::UnknownSend { message } } => Needs { messages: vec![*message], ..none },
            Command::RecordStatus(report) => Needs { messages: report.message.into_iter().collect(), ..none },
            Command::Reply { message, .. } | Command::BotReply { message, .. } => Needs { made: Some(Made::Message(*message)), ..none },
            Command::AddNote { note, .. } => Needs { made: Some(Made::Note(*note)), ..none },
            Command::Take { by } | Command::Reopen { by } => Needs { agents: vec![by.user], holder: true, ..none },
            Command::Transfer { to: TransferTarget::Agent(user), .. } => Needs { agents: vec![*user], holder: true, ..none },
            // It waits in a queue: nobody holds it.
            Command::Assign { to, .. } => Needs { agents: vec![*to], ..none },
            Command::BulkTransfer { from, to, .. } => {
                let from = if let Holder::Agent(user) = from { Some(*user) } else { None };
                let to = if let BulkTarget::Agent(user) = to { Some(*user) } else { None };
                Needs { agents: from.into_iter().chain(to).collect(), ..none }
            }
            Command::SignOff { by, choice } => {
                let to = if let SigningOff::HandOver { to } = choice { Some(*to) } else { None };
                Needs { agents: to.into_iter().chain([by.user]).collect(), ..none }
            }
            Command::HandOver { from, to } => Needs { agents: vec![*from, *to], holder: true, ..none },
            Command::Transfer { to: TransferTarget::Queue(_), .. }
            | Command::Resolve { .. }
            | Command::EndLease { .. }
            | Command::ReturnToQueue { .. } => Needs { holder: true, ..none },
            Command::TimerDue { timer: Timer::Overdue { .. } } => Needs { holder: true, ..none },
            // Who held it before is in the act.
            Command::Undo { seq, .. } => Needs { acts_from: Some(*seq), holder: true, ..none },
            Command::Part { other, .. } => Needs { joined: Some(*other), ..none },
            Command::AsSeen { command, .. } => command.own_needs(),
            Command::Receive { .. }
            | Command::SetPriority { .. }
            | Command::MoveQueue { .. }
            | Command::Spill { .. }
            | Command::Announce { .. }
            | Command::StartBot { .. }
            | Command::BotHandOff { .. }
            | Command::MoveOn { .. }
            | Command::Recount { .. }
            | Command::Check { .. }
            | Command::TimerDue {
                timer: Timer::FlowWait | Timer::FlowTurn | Timer::Waiting { .. } | Timer::SlaWarning | Timer::SlaBreach,
            } => none,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::delivery::Backoff;
    use crate::domain::ids::ClaimId;

    #[test]
    fn over_a_message_that_was_taken_no_flow_stops() {
        let recorded = |outcome: Outcome| {
            let (message, claim) = (MessageId(Uuid::nil()), ClaimId(Uuid::nil()));
            Command::RecordDelivery { message, claim, attempts: 1, outcome }.needs().asked
        };
        assert!(!recorded(Outcome::Accepted { wamid: "wamid.1".into(), recipient: Vec::new() }));
        assert!(recorded(Outcome::Unknown { reason: "no answer".into() }));
        assert!(recorded(Outcome::Unsent { reason: "no connection".into(), backoff: Backoff::Preparation }));
    }
}
