//! The rules; pure. Snapshots and commands in, events or a refusal out. Knows nobody: no I/O, no clock, no randomness.

pub mod agent;
mod answering;
mod assigning;
pub mod brief;
pub mod command;
pub mod contact;
pub mod conversation;
mod decision;
mod delivering;
pub mod delivery;
pub mod event;
pub mod flows;
pub mod handle;
pub mod hours;
pub mod ids;
pub mod inbound;
pub mod inbox;
pub mod message;
pub mod queue;
mod receiving;
pub mod refusal;
mod reporting;
pub mod routing;
pub mod snapshot;
pub mod timer;
pub mod undoing;
pub mod user;
pub mod window;

pub use command::Command;
pub use event::Event;
pub use handle::handle;
pub use refusal::Refusal;
pub use snapshot::Snapshot;
