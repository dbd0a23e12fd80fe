//! What pages show: plain view-models, each with its template. Pure: they read no table, no clock and no request.
//!
//! A page is a [`Chrome`] (who looks, in which language) and its parts. The parts that also travel over the socket ([`Row`],
//! [`ThreadItem`], [`Ticks`], [`ConversationState`]) know no viewer: they are rendered once per event and language, and the browser
//! decides what is "mine". [`streams`] wraps them for the socket.

mod admin;
mod brief;
mod bubble;
mod chrome;
mod composer;
mod context;
mod conversation;
pub mod format;
mod html;
mod list;
mod note;
mod refusal;
mod row;
mod script_words;
mod sign_in;
mod state;
pub mod streams;
mod system_line;
mod thread;
mod ticks;
pub mod time;
mod toast;
mod ui;
mod words;

pub use admin::{Notice, NoticesPage, QuarantinePage, Quarantined};
pub use brief::BriefCard;
pub use bubble::{Bubble, Quoted};
pub use chrome::{Chrome, Counts, Person, QueueName, Viewer};
pub use composer::{CannedReply, Composer};
pub use context::{ContactNames, Context, PastConversation, ReasonCard};
pub use conversation::{ConversationPage, ConversationView, Stance, Target, TransferTargets};
pub use html::Html;
pub use list::{InboxPage, List, PausedFragment, PausedNumber, PausedNumbers, RowsFrame, View, Whom};
pub use note::NoteItem;
pub use refusal::{Changed, ErrorPage, RefusalPage, ThreadMovedOn, refusal_words};
pub use row::Row;
pub use sign_in::SignInPage;
pub use state::ConversationState;
pub use system_line::SystemLine;
pub use thread::{EarlierFrame, ThreadEntry, ThreadItem, entries};
pub use ticks::Ticks;
pub use toast::{Offered, Toast};
pub use ui::asset;
