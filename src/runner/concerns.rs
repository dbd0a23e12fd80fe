//! What a command concerns beside its contact: how long it waits for it, which messages it speaks of, whose load it may change.

use uuid::Uuid;

use super::turns::Patience;
use crate::domain::command::TransferTarget;
use crate::domain::ids::UserId;
use crate::domain::timer::Timer;
use crate::domain::{Command, Snapshot};

/// A person waits for their answer; what else there is comes again by itself.
pub(super) fn patience(command: &Command) -> Patience {
    match command {
        Command::Reply { .. }
        | Command::AddNote { .. }
        | Command::Take { .. }
        | Command::Transfer { .. }
        | Command::Resolve { .. }
        | Command::Reopen { .. }
        | Command::Part { .. }
        | Command::Undo { .. }
        | Command::ReturnToQueue { .. }
        | Command::Settle { .. } => Patience::Wait,
        Command::Receive { .. }
        | Command::MoveOn { .. }
        | Command::RecordStatus(_)
        | Command::RecordDelivery { .. }
        | Command::RecordLapse { .. }
        | Command::RecordMedia { .. }
        | Command::TimerDue { .. } => Patience::Pass,
        Command::AsSeen { command, .. } => patience(command),
    }
}

/// The messages that a command speaks of.
pub(super) fn messages_of(command: &Command) -> Vec<Uuid> {
    match command {
        Command::RecordDelivery { message, .. }
        | Command::RecordLapse { message, .. }
        | Command::Settle { message, .. }
        | Command::RecordMedia { message, .. }
        | Command::TimerDue { timer: Timer::UnknownSend { message } } => vec![message.0],
        Command::RecordStatus(report) => report.message.map(|message| message.0).into_iter().collect(),
        Command::AsSeen { command, .. } => messages_of(command),
        // Whether the id of an answer is new is looked at apart.
        Command::Receive { .. }
        | Command::Reply { .. }
        | Command::AddNote { .. }
        | Command::Take { .. }
        | Command::Transfer { .. }
        | Command::Resolve { .. }
        | Command::Reopen { .. }
        | Command::Undo { .. }
        | Command::ReturnToQueue { .. }
        | Command::MoveOn { .. }
        | Command::Part { .. }
        | Command::TimerDue { .. } => Vec::new(),
    }
}

/// The agents whose load a command may change.
pub(super) fn agents_of(command: &Command, snapshot: &Snapshot) -> Vec<Uuid> {
    if let Command::AsSeen { command, .. } = command {
        return agents_of(command, snapshot);
    }
    let holder = snapshot.conversation.as_ref().and_then(|conversation| conversation.controller.agent());
    let concerned: [Option<UserId>; 2] = match command {
        Command::Take { by } | Command::Reopen { by } => [Some(by.user), holder],
        Command::Transfer { to: TransferTarget::Agent(user), .. } => [Some(*user), holder],
        Command::Transfer { .. } | Command::Resolve { .. } | Command::ReturnToQueue { .. } => [holder, None],
        Command::Undo { .. } => [holder, snapshot.acts.first().and_then(|first| first.act()?.2.controller.agent())],
        Command::Receive { .. }
        | Command::RecordStatus(_)
        | Command::RecordDelivery { .. }
        | Command::RecordLapse { .. }
        | Command::Reply { .. }
        | Command::AddNote { .. }
        | Command::Settle { .. }
        | Command::RecordMedia { .. }
        | Command::TimerDue { .. }
        | Command::MoveOn { .. }
        | Command::Part { .. }
        | Command::AsSeen { .. } => [None, None],
    };
    concerned.into_iter().flatten().map(|user| user.0).collect()
}
