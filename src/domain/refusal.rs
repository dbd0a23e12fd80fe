//! Refusals: expected answers of the rules, in words for a person. Not faults.

use jiff::Timestamp;

use super::setup::SetupRefusal;

/// Why a command changes nothing. Its words are in the locale files under `refusal.<key>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the customer service window has closed")]
    WindowClosed,
    #[error("the number is disconnected: nothing can be sent from it")]
    Disconnected,
    #[error("somebody else holds this conversation")]
    HeldByAnother { name: String },
    #[error("a colleague was quicker: {name} holds this conversation now")]
    GivenMeanwhile { name: String },
    #[error("a colleague was quicker: this conversation waits in {queue} now")]
    QueuedMeanwhile { queue: String },
    #[error("take the conversation before answering")]
    NotTaken,
    #[error("the flow is still talking to the customer")]
    HeldByFlow,
    #[error("a bot is still talking to the customer")]
    HeldByBot,
    #[error("the conversation is resolved")]
    Resolved,
    #[error("the conversation is not resolved")]
    NotResolved,
    #[error("the thread moved on: last seen {seen}, now {now}")]
    ThreadMovedOn { seen: i64, now: i64 },
    #[error("{name} has no room: {load} of {capacity}")]
    NoRoom { name: String, load: i32, capacity: i32 },
    /// As [`Refusal::NoRoom`], told to the one who has none.
    #[error("you have no room: {load} of {capacity}")]
    YouHaveNoRoom { load: i32, capacity: i32 },
    /// Whoever was to have it at once is not there.
    #[error("{name} is not here")]
    NotHere { name: String },
    #[error("{name} signed off, and is back by themselves")]
    SignedOff { name: String },
    /// Until when somebody keeps what they hold is past, or too far away.
    #[error("not a time within the next day")]
    KeptUnfit,
    #[error("{name} may not answer customers")]
    MayNotReply { name: String },
    #[error("there is nothing of this person's to undo")]
    NothingToUndo,
    #[error("it is too late to undo that")]
    TooLateToUndo,
    /// Something happened since; `name` holds the conversation now.
    #[error("somebody or something was quicker")]
    Overtaken { name: Option<String> },
    #[error("another conversation with this contact is under way")]
    AnotherUnderWay,
    #[error("there is no conversation yet")]
    NoConversation,
    #[error("that person is not in this workspace")]
    UnknownPerson,
    #[error("that queue is not in this workspace")]
    UnknownQueue,
    /// What was to be a count is none, or not one that is taken.
    #[error("not a whole number from {least} to {most}")]
    CountUnfit { least: u16, most: u16 },
    #[error("the message is empty")]
    Empty,
    #[error("the message is longer than {limit} characters")]
    TooLong { limit: usize },
    #[error("the channel takes no pictures")]
    NoPictures,
    #[error("the message is not waiting for a decision")]
    NothingToSettle,
    /// It is not theirs to see: they are told as if it did not exist.
    #[error("there is no such conversation")]
    OutOfSight,
    #[error("your role may not do this")]
    NotAllowed,
    #[error("the message was already taken in")]
    Duplicate,
    #[error("the id was already used elsewhere")]
    UsedElsewhere,
    #[error("already so since {since}")]
    Already { since: Timestamp },
    #[error("somebody else is changing it at this moment")]
    Busy,
    /// The set-up stays as it is.
    #[error("{0}")]
    SetUp(SetupRefusal),
}

impl Refusal {
    /// The key of its words, and the name of its kind in metrics.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Refusal::WindowClosed => "window_closed",
            Refusal::Disconnected => "disconnected",
            Refusal::HeldByAnother { .. } => "held_by_another",
            Refusal::GivenMeanwhile { .. } => "given_meanwhile",
            Refusal::QueuedMeanwhile { .. } => "queued_meanwhile",
            Refusal::NotTaken => "not_taken",
            Refusal::HeldByFlow => "held_by_flow",
            Refusal::HeldByBot => "held_by_bot",
            Refusal::Resolved => "resolved",
            Refusal::NotResolved => "not_resolved",
            Refusal::ThreadMovedOn { .. } => "thread_moved_on",
            Refusal::NoRoom { .. } => "no_room",
            Refusal::YouHaveNoRoom { .. } => "you_have_no_room",
            Refusal::NotHere { .. } => "not_here",
            Refusal::SignedOff { .. } => "signed_off",
            Refusal::KeptUnfit => "kept_unfit",
            Refusal::MayNotReply { .. } => "may_not_reply",
            Refusal::NothingToUndo => "nothing_to_undo",
            Refusal::TooLateToUndo => "too_late_to_undo",
            Refusal::Overtaken { name: Some(_) } => "overtaken_by",
            Refusal::Overtaken { name: None } => "overtaken",
            Refusal::AnotherUnderWay => "another_under_way",
            Refusal::NoConversation => "no_conversation",
            Refusal::UnknownPerson => "unknown_person",
            Refusal::UnknownQueue => "unknown_queue",
            Refusal::CountUnfit { .. } => "count_unfit",
            Refusal::Empty => "empty",
            Refusal::TooLong { .. } => "too_long",
            Refusal::NoPictures => "no_pictures",
            Refusal::NothingToSettle => "nothing_to_settle",
            Refusal::OutOfSight => "out_of_sight",
            Refusal::NotAllowed => "not_allowed",
            Refusal::Duplicate => "duplicate",
            Refusal::UsedElsewhere => "used_elsewhere",
            Refusal::Already { .. } => "already",
            Refusal::Busy => "busy",
            Refusal::SetUp(refusal) => refusal.key(),
        }
    }
}

impl From<SetupRefusal> for Refusal {
    fn from(refusal: SetupRefusal) -> Self {
        Refusal::SetUp(refusal)
    }
}
