//! Channels: one provider's protocol each, behind the same few functions. Whoever takes bodies in or sends messages asks the one that
//! the inbox names; what a channel allows is [`Rules`].

pub mod whatsapp;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::domain::channel::{Channel, Rulebook, Rules};
use crate::domain::contact::Identity;
use crate::domain::delivery::{Backoff, Outcome};
use crate::domain::inbound::Said;
use crate::domain::message::Message;

/// Longest that the whole of a send takes: a claim on a message is held for it.
pub const LONGEST_SEND: Duration = Duration::from_secs(30);

/// Whether the bytes of a request may still leave.
pub type MayLeave = Arc<dyn Fn() -> bool + Send + Sync>;

/// One provider's protocol. All but [`send`](Adapter::send), [`files`](Adapter::files) and [`receipts`](Adapter::receipts) is pure.
pub trait Adapter: Send + Sync {
    /// The channel that inboxes name.
    fn channel(&self) -> Channel;

    /// What it allows.
    fn rules(&self) -> &'static Rules;

    /// What a body says. Nothing of it is dropped: what is not understood is said to be so.
    fn understand(&self, body: &[u8]) -> Vec<Said>;

    /// Whether a body may say nothing but how far our messages got, at a glance.
    fn may_be_ticks(&self, _body: &[u8]) -> bool {
        false
    }

    /// The request that sends a letter.
    ///
    /// # Errors
    /// [`Unfit`], for what the provider would refuse.
    fn build(&self, letter: &Letter<'_>) -> Result<Value, Unfit>;

    /// Hands a request to the provider, once, if it `may_leave` when its first byte could; within [`LONGEST_SEND`].
    fn send<'a>(&'a self, line: Line<'a>, request: &'a Value, may_leave: MayLeave) -> BoxFuture<'a, Sent>;

    /// What is to be made of what was heard of a request.
    fn outcome(&self, sent: Sent) -> Outcome;

    /// How pictures travel, where they do.
    fn files(&self) -> Option<&dyn Files> {
        None
    }

    /// How customers are told that they were read, where they are.
    fn receipts(&self) -> Option<&dyn Receipts> {
        None
    }
}

/// Pictures come and go apart from the messages that show them.
pub trait Files: Send + Sync {
    /// Brings a picture to the provider; answers the id that a letter then names. Nothing was sent to the customer yet: every failure is
    /// safe to repeat, and says what is to be made of it.
    fn upload<'a>(&'a self, line: Line<'a>, bytes: Bytes, mime_type: &'a str) -> BoxFuture<'a, Result<String, Outcome>>;

    /// Fetches a customer's picture by the provider's id.
    fn fetch<'a>(&'a self, line: Line<'a>, id: &'a str) -> BoxFuture<'a, Result<Bytes, NotFetched>>;
}

/// The customer sees what happens on our side.
pub trait Receipts: Send + Sync {
    /// Marks a customer's message, and all before it, as read. Best effort: nothing depends on it.
    fn mark_read<'a>(&'a self, line: Line<'a>, message: &'a str, typing: Typing) -> BoxFuture<'a, Result<(), NotTold>>;
}

/// An inbox, as its provider knows it.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub address: &'a str,
    /// What authorises us; empty where nothing does.
    pub secret: &'a str,
}

/// A message and where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    pub message: &'a Message,
    pub to: &'a Identity,
    /// The provider's id of its picture.
    pub uploaded: Option<&'a str>,
}

/// What was heard of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The provider answered.
    Answered { status: u16, body: Bytes },
    /// Its answer began; the rest of it was lost.
    BrokenOff { status: u16, reason: String },
    /// Not a byte of it left.
    NotLeft { reason: String, backoff: Backoff },
    /// It may have left; nothing was heard.
    Silence { reason: String },
}

/// Why a message cannot be put into a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(pub String);

/// Why a picture did not come; it may be tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotFetched(pub String);

/// Why a customer was not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotTold(pub String);

/// Whether a receipt also shows that an answer is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    Shown,
    Hidden,
}

/// The channels of this process. Cheap to clone.
#[derive(Clone)]
pub struct Adapters(Arc<[Arc<dyn Adapter>]>);

impl Adapters {
    #[must_use]
    pub fn new(adapters: Vec<Arc<dyn Adapter>>) -> Self {
        Self(adapters.into())
    }

    /// The adapter of a channel, if this process has it.
    #[must_use]
    pub fn of(&self, channel: &Channel) -> Option<&dyn Adapter> {
        self.0.iter().find(|adapter| adapter.channel() == *channel).map(AsRef::as_ref)
    }

    /// What the channels allow.
    #[must_use]
    pub fn rulebook(&self) -> Rulebook {
        Rulebook::new(self.0.iter().map(|adapter| (adapter.channel(), adapter.rules())).collect())
    }
}
