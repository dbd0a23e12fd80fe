//! Every wish, imperative. The runner hands each to [`handle`](super::handle()) with a snapshot of one contact.

use jiff::Timestamp;

use super::access::Rights;
use super::announcing::Standing;
use super::brief::Brief;
use super::checking::TimersThere;
use super::conversation::Holder;
use super::delivery::Outcome;
use super::ids::{BotId, ClaimId, ContactId, ConversationId, MediaId, MessageId, NoteId, QueueId, UserId};
use super::inbound::{InboundMessage, StatusReport};
use super::landing::Why;
use super::message::{MediaState, Wamid};
use super::overdue::Step;
use super::routing::{AssignmentReason, Priority};
use super::signing_off::SigningOff;
use super::timer::Timer;

#[derive(Debug, Clone)]
pub enum Command {
    /// A customer wrote. `received_at` is when our door took it in.
    Receive {
        message: InboundMessage,
        received_at: Timestamp,
    },
    /// WhatsApp says how far a message got.
    RecordStatus(StatusReport),
    /// The answer of the Graph API to a send, by the claim that made it.
    RecordDelivery {
        message: MessageId,
        claim: ClaimId,
        attempts: u32,
        outcome: Outcome,
    },
    /// A claim has had a message for longer than it may: its node stopped.
    RecordLapse {
        message: MessageId,
        claim: ClaimId,
    },
    /// An agent answers. `message` is made by the browser, so that a double click is one message.
    Reply {
        by: Person,
        message: MessageId,
        content: ReplyContent,
        reply_to: Option<Wamid>,
        seen: Option<i64>,
    },
    /// An internal note; `note` is made by the browser.
    AddNote {
        by: Person,
        note: NoteId,
        body: String,
    },
    /// A bot is to speak with the customer, until it hands over or a person takes the conversation.
    StartBot {
        bot: BotId,
    },
    /// A bot answers. `message` is made by the bot, so that a repeated request is one message; `seen` is how far it had heard.
    BotReply {
        bot: BotId,
        message: MessageId,
        content: ReplyContent,
        reply_to: Option<Wamid>,
        seen: Option<i64>,
    },
    /// A bot gives the conversation to people, with what it learned.
    BotHandOff {
        bot: BotId,
        brief: Box<Brief>,
    },
    Take {
        by: Person,
    },
    SetPriority {
        by: Person,
        to: Priority,
    },
    Transfer {
        by: Person,
        to: TransferTarget,
        note: Option<String>,
    },
    Resolve {
        by: Person,
    },
    Reopen {
        by: Person,
    },
    /// The customer writes in another conversation from now on.
    MoveOn {
        to: ConversationId,
    },
    /// Two contacts that were joined are two people: `other` gets back what was taken over from it.
    Part {
        by: Person,
        other: ContactId,
    },
    /// The person takes back what they did a moment ago; `seq` is the event that tells of it.
    Undo {
        by: Person,
        seq: i64,
    },
    /// Routing gives it to whom it chose, while it waits in this queue since then.
    Assign {
        to: UserId,
        reason: AssignmentReason,
        queue: QueueId,
        queued_at: Option<Timestamp>,
        /// What it required then ([`needs`](super::routing::skills::needs)).
        needs: i64,
    },
    /// A supervisor moves it, as one of many, from where they saw it; of whatever is not there any more nothing is changed.
    BulkTransfer {
        by: Person,
        from: Holder,
        to: BulkTarget,
    },
    /// Whoever holds it signs off, or goes away: one of all that they hold.
    SignOff {
        by: Person,
        choice: SigningOff,
    },
    /// Nobody is here who could have it, or it came beyond the limit of its queue, where it waits since then.
    Spill {
        queue: QueueId,
        queued_at: Option<Timestamp>,
        why: Why,
    },
    /// Where it stands in its queue, where it waits since then: the customer may be told.
    Announce {
        queue: QueueId,
        queued_at: Option<Timestamp>,
        standing: Standing,
    },
    /// Whoever holds it has not been here for too long: it goes back to its queue, in front.
    EndLease {
        of: UserId,
    },
    /// Whoever holds it has left: it goes back to its queue.
    ReturnToQueue {
        from: UserId,
    },
    /// The queue it waits in is gone: it waits in another one, as long as before.
    MoveQueue {
        from: QueueId,
        to: QueueId,
    },
    /// Whoever holds it has left, and this person was chosen to go on with it, however much they hold.
    HandOver {
        from: UserId,
        to: UserId,
    },
    /// A person decides about a message of which nobody knows whether it was sent.
    Settle {
        by: Person,
        message: MessageId,
        choice: Settlement,
    },
    /// A picture came to our store, or cannot.
    RecordMedia {
        message: MessageId,
        media: MediaId,
        state: MediaState,
        size: Option<(u32, u32)>,
    },
    /// What is set up counts otherwise than before. `overdue` is the step that whoever owes an answer there waits for already, and until
    /// when; `waiting` is until when whoever waits there does so for what becomes of them.
    Recount {
        overdue: Option<(Step, Timestamp)>,
        waiting: Option<Timestamp>,
    },
    /// Whatever is to become of it must have a timer. `there` are those that it has, `seen` the last line of the journal with which they
    /// were seen.
    Check {
        there: TimersThere,
        seen: i64,
    },
    TimerDue {
        timer: Timer,
    },
    /// A command of somebody who saw the conversation with `holder`: refused when a colleague was quicker to move it.
    AsSeen {
        holder: Holder,
        by: UserId,
        command: Box<Command>,
    },
}

impl Command {
    /// This command, of a person who saw the conversation with `holder`, if that is known.
    #[must_use]
    pub fn as_seen(self, holder: Option<Holder>, by: UserId) -> Self {
        match holder {
            Some(holder) => Command::AsSeen { holder, by, command: Box::new(self) },
            None => self,
        }
    }
}

impl Command {
    /// Whoever has to see the conversation for it.
    #[must_use]
    pub fn viewer(&self) -> Option<&Person> {
        match self {
            Command::Reply { by, .. }
            | Command::AddNote { by, .. }
            | Command::Settle { by, .. }
            | Command::Take { by }
            | Command::SetPriority { by, .. }
            | Command::Transfer { by, .. }
            | Command::BulkTransfer { by, .. }
            | Command::SignOff { by, .. }
            | Command::Resolve { by }
            | Command::Reopen { by }
            | Command::Part { by, .. }
            | Command::Undo { by, .. } => Some(by),
            Command::AsSeen { command, .. } => command.viewer(),
            Command::Receive { .. }
            | Command::RecordStatus(_)
            | Command::RecordDelivery { .. }
            | Command::RecordLapse { .. }
            | Command::RecordMedia { .. }
            | Command::StartBot { .. }
            | Command::BotReply { .. }
            | Command::BotHandOff { .. }
            | Command::MoveOn { .. }
            | Command::Assign { .. }
            | Command::Spill { .. }
            | Command::Announce { .. }
            | Command::EndLease { .. }
            | Command::ReturnToQueue { .. }
            | Command::MoveQueue { .. }
            | Command::HandOver { .. }
            | Command::Recount { .. }
            | Command::Check { .. }
            | Command::TimerDue { .. } => None,
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub user: UserId,
    pub name: String,
    pub rights: Rights,
}

#[derive(Debug, Clone)]
pub enum ReplyContent {
    Text { body: String },
    Image { media: MediaId, mime_type: String, caption: Option<String>, size: (u32, u32) },
}

impl ReplyContent {
    /// The picture it shows, which was kept before the reply is decided.
    #[must_use]
    pub fn picture(&self) -> Option<MediaId> {
        match self {
            ReplyContent::Text { .. } => None,
            ReplyContent::Image { media, .. } => Some(*media),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferTarget {
    Agent(UserId),
    Queue(QueueId),
}

/// Where a supervisor moves many conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkTarget {
    /// Each waits there as long as before.
    Queue(QueueId),
    /// Back to where each came from, in front.
    OwnQueue,
    Agent(UserId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// Send it again: the person accepts that it may arrive twice.
    Resend,
    /// Leave it as it is.
    Leave,
}
