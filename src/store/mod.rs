//! PostgreSQL, the truth. The only room with SQL.
//!
//! A file a noun. Each declares its statements with [`statements!`](crate::statements), so that `tests/statements.rs`
//! finds them. Reads take a [`Store`]; writes that belong to one change take the [`Transaction`] that the runner opened.

pub mod acceptances;
pub mod access;
pub mod accounts;
pub mod agents;
pub mod allowances;
pub mod apps;
pub mod assets;
pub mod beginnings;
pub mod board;
pub mod canned_replies;
pub mod contacts;
pub mod conversations;
pub mod dispatches;
pub mod doctor;
pub mod drafts;
mod error;
pub mod events;
pub mod feed;
mod flight;
pub mod inbound_items;
pub mod inboxes;
pub mod invitations;
pub mod lanes;
pub mod lists;
pub mod loading;
pub mod mails;
pub mod media;
pub mod messages;
pub mod migrate;
pub mod notes;
pub mod notices;
pub mod outbox;
pub mod pages;
pub mod payloads;
pub mod people;
pub mod pool;
pub mod quarantine;
pub mod queues;
mod reading;
pub mod reads;
pub mod rows;
pub mod sealed;
pub mod secrets;
pub mod sessions;
pub mod setup_rows;
pub mod setups;
pub mod signing_keys;
pub mod sorting;
pub mod start;
mod statement;
pub mod statistics;
pub mod teams;
pub mod threads;
pub mod ticks;
pub mod timers;
mod transaction;
pub mod users;
pub mod workplace;
pub mod workspaces;

pub use error::{Error, Result};
pub use pool::{Store, Stores};
pub use statement::{Statement, prepare};
pub use transaction::Transaction;
