//! PostgreSQL, the truth. The only room with SQL.
//!
//! A file a noun. Each declares its statements with [`statements!`](crate::statements), so that `tests/statements.rs`
//! finds them. Reads take a [`Store`]; writes that belong to one change take the [`Transaction`] that the runner opened.

pub mod agents;
pub mod apps;
pub mod canned_replies;
pub mod contacts;
pub mod conversations;
pub mod doctor;
pub mod drafts;
pub mod events;
pub mod inbound_items;
pub mod inboxes;
pub mod lanes;
pub mod lists;
pub mod media;
pub mod messages;
pub mod migrate;
pub mod notes;
pub mod notices;
pub mod outbox;
pub mod pages;
pub mod payloads;
pub mod pool;
pub mod quarantine;
pub mod queues;
pub mod reads;
pub mod seed;
pub mod sessions;
pub mod signing_keys;
mod statement;
pub mod statistics;
pub mod threads;
pub mod timers;
pub mod users;
pub mod workplace;
pub mod workspaces;

pub use pool::{Error, Result, Store, Transaction};
pub use statement::{Statement, prepare};
